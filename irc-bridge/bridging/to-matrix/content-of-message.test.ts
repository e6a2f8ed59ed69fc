import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IrcMessage } from '../../irc/irc-event.ts';
import { type ContentContext, toContent } from './content-of-message.ts';

const context: ContentContext = {
  format: (text) => ({ body: text, html: undefined }),
  userOf: (nick) => (nick === 'alice[m]' ? '@alice:s' : undefined),
  answered: undefined,
  relayedNick: undefined,
};

function message(text: string, form: IrcMessage['form'] = 'message'): IrcMessage {
  return { kind: 'message', identity: '1', channel: '#c', toUser: undefined, nick: 'bob', form, text, saidAtMs: 0 };
}

test('what is said mentions nobody unless it addresses somebody who is there', () => {
  for (const text of ['hello', '@room hello', 'carol: hello', 'http://example.org: it']) {
    const content = toContent(message(text), context);
    assert.deepEqual(content['m.mentions'], {});
    assert.equal(content['formatted_body'], undefined);
  }
  const content = toContent(message('alice[m]: <b>hello</b>'), context);
  assert.deepEqual(content['m.mentions'], { user_ids: ['@alice:s'] });
  assert.equal(
    content['formatted_body'],
    '<a href="https://matrix.to/#/%40alice%3As">alice[m]</a>: &lt;b&gt;hello&lt;/b&gt;',
  );
});

test('notices and actions stay what they are', () => {
  assert.equal(toContent(message('x', 'notice'), context)['msgtype'], 'm.notice');
  assert.equal(toContent(message('x', 'action'), context)['msgtype'], 'm.emote');
});

test('formatting of IRC becomes HTML, with a pill where it does not begin with formatting', () => {
  const format = (text: string) => ({ body: text.replace(/\u0002/g, ''), html: text.replace(/\u0002/g, '<b>') });
  const formatted = (text: string) => toContent(message(text), { ...context, format })['formatted_body'];
  assert.equal(formatted('\u0002hello'), '<b>hello');
  assert.match(String(formatted('alice[m]: \u0002hello')), /^<a .*<\/a>: <b>hello$/);
  assert.equal(formatted('\u0002alice[m]: hello'), undefined);
});

test('an answer names the event, and a relayed message its author', () => {
  const content = toContent(message('yes'), { ...context, answered: '$e', relayedNick: 'bob' });
  assert.deepEqual(content['m.relates_to'], { 'm.in_reply_to': { event_id: '$e' } });
  assert.equal(content['body'], '<bob> yes');
});
