import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openRoom, startTestBridge } from '../../testing/start-test-bridge.ts';

test('people of IRC react to messages and take them back', async (t) => {
  const bridge = await startTestBridge('connections: relay');
  t.after(() => bridge.close());
  const { irc, homeserver } = bridge;
  const roomId = await openRoom(bridge);
  irc.message('#room', 'bob', 'hi', 'one');
  await homeserver.until(() => homeserver.messages(roomId).length === 1);
  irc.receive({ kind: 'reaction', channel: '#room', nick: 'ann', about: 'unknown', key: '-' });
  irc.receive({ kind: 'reaction', channel: '#room', nick: 'ann', about: 'one', key: '+' });
  const { sender, content } = await homeserver.until(() => homeserver.events.find(({ type }) => type === 'm.reaction'));
  assert.equal(sender, '@irc_net_ann:example.org');
  assert.deepEqual(content, { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$event0', key: '+' } });
  const redactions = () => homeserver.bodies.filter(({ asked }) => asked.includes(`/${roomId}/redact/$event0/`));
  // Its own: by itself. Of somebody else: by the bot, if the room does not let it.
  irc.receive({ kind: 'redaction', channel: '#room', nick: 'bob', about: 'one', reason: 'a mistake' });
  await homeserver.until(() => redactions().length === 1);
  let refusals = 1;
  homeserver.refuse = (asked) =>
    asked.includes('/redact/') && refusals-- > 0 ? { status: 403, body: { errcode: 'M_FORBIDDEN' } } : undefined;
  irc.receive({ kind: 'redaction', channel: '#room', nick: 'op', about: 'one', reason: 'rude' });
  await homeserver.until(() => redactions().length === 3);
  assert.deepEqual(
    redactions().map(({ body }) => body),
    [{ reason: 'a mistake' }, { reason: 'rude' }, { reason: 'op: rude' }],
  );
});
