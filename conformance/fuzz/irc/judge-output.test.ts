import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judgeEvent, judgeLine } from './judge-output.ts';

test('commands out of texts, HTML and mentions of everyone are seen', () => {
  assert.equal(judgeLine('PRIVMSG #room :OPER x'), undefined);
  assert.match(judgeLine('OPER x y') ?? '', /became a command/);
  assert.match(judgeLine('PRIVMSG #room :a\nOPER') ?? '', /another within/);
  const judge = (content: object) =>
    judgeEvent({
      ...{ type: 'm.room.message', roomId: '!r', sender: '@irc_net_ann:example.org', transactionId: '1' },
      content: { body: 'x', 'm.mentions': {}, ...content },
    });
  assert.equal(judge({ formatted_body: '<strong>x &lt;b&gt;</strong>' }), undefined);
  assert.match(judge({ formatted_body: '<strong>x</strong><b>' }) ?? '', /HTML/);
  assert.match(judge({ body: 'hey @Room' }) ?? '', /mentions everyone/);
  assert.match(judge({ 'm.mentions': { room: true } }) ?? '', /mention everyone/);
  assert.match(judge({ 'm.mentions': undefined }) ?? '', /mention everyone/);
});
