import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTestNetwork } from '../../testing/open-test-network.ts';
import { type ScriptedClient, ScriptedIrcServer } from '../../testing/scripted-irc-server.ts';

/** The bot, alice and carol in a channel, of which a line is told to each of them. */
async function start(t: { after(run: () => unknown): void }) {
  const server = await ScriptedIrcServer.start();
  // The bot is back only when the test wants it to be.
  const opened = openTestNetwork(server.port, { limits: { backoffMs: { first: 1, most: 1, unreachable: 1 } } });
  t.after(async () => {
    await opened.network.close('the test is over');
    await server.stop();
  });
  opened.network.start();
  await opened.wait('connected');
  await opened.network.join(undefined, '#room');
  for (const nick of ['alice', 'carol']) {
    await opened.network.connectUser(`@${nick}:s`, { nick });
    await opened.network.join(`@${nick}:s`, '#room');
  }
  const clientOf = (nick: string): ScriptedClient =>
    server.clients.findLast((client) => client.nick === nick) ?? assert.fail(nick);
  const tell = (line: string, ...nicks: string[]) => nicks.forEach((nick) => clientOf(nick).send(line));
  return { server, ...opened, clientOf, tell };
}

const say = (text: string) => `:bob!u@h PRIVMSG #room :${text}`;

test('what is said while the bot is not in the channel is heard once, by a connection of somebody who is there', async (t) => {
  const { server, events, wait, clientOf, tell } = await start(t);
  tell(say('before'), 'bridge', 'alice', 'carol');
  assert.equal((await wait('message')).text, 'before');
  let letIn = () => {};
  const isAllowed = new Promise<void>((resolve) => (letIn = resolve));
  server.script = (line, client) => {
    if (!line.startsWith('JOIN') || client.nick !== 'bridge') return false;
    void isAllowed.then(() => tell(':bridge!u@h JOIN #room', 'bridge', 'alice', 'carol'));
    return true;
  };
  clientOf('bridge').socket.destroy();
  await wait('disconnected');
  // On their way to the others when the bot had them already.
  tell(say('before'), 'alice', 'carol');
  tell(':bridge!u@h QUIT :gone', 'alice', 'carol');
  tell(say('meanwhile'), 'alice', 'carol');
  assert.equal((await wait('message')).text, 'meanwhile');
  await wait('connected');
  tell(say('still'), 'alice', 'carol');
  assert.equal((await wait('message')).text, 'still');
  // Who heard for the bot goes, and another one does.
  clientOf('alice').socket.destroy();
  await wait('user_disconnected');
  tell(say('by carol'), 'carol');
  assert.equal((await wait('message')).text, 'by carol');
  letIn();
  await server.receive(/^MODE #room/, 2);
  tell(say('after'), 'bridge', 'carol');
  tell(say('last'), 'bridge', 'carol');
  await wait('message', ({ text }) => text === 'last');
  const texts = events.flatMap((event) => (event.kind === 'message' ? [event.text] : []));
  assert.deepEqual(texts, ['before', 'meanwhile', 'still', 'by carol', 'after', 'last']);
});

test('where the bot was put out nobody hears for it', async (t) => {
  const { events, wait, tell } = await start(t);
  tell(':op!u@h KICK #room bridge :out', 'bridge', 'alice', 'carol');
  await wait('kick');
  tell(say('among us'), 'alice', 'carol');
  tell(':bob!u@h PRIVMSG alice :psst', 'alice');
  assert.equal((await wait('message')).text, 'psst');
  tell(':bridge!u@h QUIT :gone', 'alice', 'carol');
  tell(say('still among us'), 'alice', 'carol');
  tell(':bob!u@h PRIVMSG alice :again', 'alice');
  assert.equal((await wait('message')).text, 'again');
  assert.equal(events.filter(({ kind }) => kind === 'message').length, 2);
});

test('who is put out of the channel hears no more for the bot that is away', async (t) => {
  const { server, events, wait, clientOf, tell } = await start(t);
  server.script = (line, client) => line.startsWith('JOIN') && client.nick === 'bridge';
  clientOf('bridge').socket.destroy();
  await wait('disconnected');
  tell(':bridge!u@h QUIT :gone', 'alice', 'carol');
  tell(':op!u@h KICK #room alice :out', 'alice', 'carol');
  await wait('channel_lost', ({ userId }) => userId === '@alice:s');
  tell(say('whispered'), 'alice');
  tell(say('said'), 'carol');
  assert.equal((await wait('message')).text, 'said');
  assert.equal(events.filter(({ kind }) => kind === 'message').length, 1);
});
