import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeCertificate } from '@holdfast/homeserver/testing/make-certificate.ts';
import { openTestNetwork } from '../../testing/open-test-network.ts';
import { type ScriptedClient, ScriptedIrcServer } from '../../testing/scripted-irc-server.ts';

/** A server that offers capabilities and grants each; `more` answers other lines. */
async function start(
  t: { after(run: () => unknown): void },
  offered: string,
  more: (line: string, client: ScriptedClient) => boolean,
  options: Parameters<typeof openTestNetwork>[1] = {},
) {
  const server = await ScriptedIrcServer.start();
  server.script = (line, client) => {
    if (line === 'CAP LS 302') client.send(`:s CAP * LS :${offered}`);
    else if (line.startsWith('CAP REQ')) client.send(`:s CAP * ACK ${line.slice(8)}`);
    else return more(line, client);
    return true;
  };
  const opened = openTestNetwork(server.port, options);
  t.after(async () => {
    await opened.network.close('the test is over');
    await server.stop();
  });
  return { server, ...opened };
}

/** Says yes to whoever logs in. */
function logIn(line: string, client: ScriptedClient): boolean {
  if (line.startsWith('AUTHENTICATE') && /PLAIN|EXTERNAL/.test(line)) client.send('AUTHENTICATE +');
  else if (line.startsWith('AUTHENTICATE')) client.send(':s 903 * :SASL authentication successful');
  else return false;
  return true;
}

const bot = { nick: 'bridge', username: 'bridge', realname: 'B', account: 'bridge' };

test('SASL PLAIN says the password, and what is logged in says nothing to NickServ', async (t) => {
  const { server, network, wait } = await start(t, 'sasl=PLAIN', logIn, { bot: { ...bot, password: 'right' } });
  network.start();
  await wait('connected');
  const [, said = ''] = await server.receive(/^AUTHENTICATE/, 2);
  assert.equal(Buffer.from(said.slice(13), 'base64').toString(), 'bridge\0bridge\0right');
  assert.ok(!server.received.some((line) => line.includes('NickServ')));
});

test('SASL EXTERNAL names the account, and the certificate proves it', async (t) => {
  const certificate = makeCertificate({ names: ['bridge'] });
  const { server, network, wait } = await start(t, 'sasl=PLAIN,EXTERNAL', logIn, { bot: { ...bot, certificate } });
  network.start();
  await wait('connected');
  const [first, said = ''] = await server.receive(/^AUTHENTICATE/, 2);
  assert.equal(first, 'AUTHENTICATE EXTERNAL');
  assert.equal(Buffer.from(said.slice(13), 'base64').toString(), 'bridge');
});

test('what was said while the bot was away comes from the network’s history, and what was seen comes with its identity again', async (t) => {
  const offered = 'draft/chathistory batch message-tags server-time';
  const message = (id: string, minute: number) =>
    `@msgid=${id};time=2026-01-01T00:0${minute}:00.000Z :bob!u@h PRIVMSG #room :${id}`;
  const { server, network, wait } = await start(t, offered, (line, client) => {
    if (line.startsWith('JOIN')) client.send(':s 005 bridge CHATHISTORY=100 :are supported');
    if (!line.startsWith('CHATHISTORY')) return false;
    client.send(':s BATCH +1 chathistory #room');
    for (const text of [message('one', 1), message('two', 2)]) client.send(`@batch=1;${text.slice(1)}`);
    client.send(':s BATCH -1');
    return true;
  });
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  server.clients[0]?.send(message('one', 1));
  assert.equal((await wait('message')).identity, 'one');
  server.clients[0]?.socket.destroy();
  await wait('disconnected');
  await wait('connected');
  const [asked = ''] = await server.receive(/^CHATHISTORY/);
  assert.match(asked, /^CHATHISTORY AFTER #room timestamp=2026-01-01T00:00:59\.999Z \d+$/);
  assert.deepEqual([(await wait('message')).identity, (await wait('message')).identity], ['one', 'two']);
});

test('accounts, times, hosts and absences are read as the extensions tell them', async (t) => {
  const offered = 'server-time account-tag extended-join away-notify chghost message-tags multi-prefix';
  const { server, network, wait } = await start(t, offered, () => false);
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  const [client = assert.fail()] = server.clients;
  client.send(':bob!u@h JOIN #room bobs-account :Bob B.');
  const join = await wait('join');
  assert.deepEqual([join.account, join.realname], ['bobs-account', 'Bob B.']);
  client.send('@account=bobs-account;time=2026-01-01T00:00:00.000Z :bob!u@h PRIVMSG #room :hi');
  const message = await wait('message');
  assert.deepEqual([message.account, message.saidAtMs], ['bobs-account', Date.parse('2026-01-01T00:00:00Z')]);
  client.send(':bob!u@h AWAY :at lunch');
  assert.equal((await wait('away')).message, 'at lunch');
  assert.deepEqual(network.presenceOf('BOB'), { state: 'away', message: 'at lunch' });
  client.send(':bob!u@h NICK rob');
  await wait('nick');
  assert.deepEqual(
    [network.presenceOf('bob').state, network.presenceOf('rob')],
    ['gone', { state: 'away', message: 'at lunch' }],
  );
  client.send(':rob!u@h AWAY');
  assert.equal((await wait('away')).message, undefined);
  assert.equal(network.presenceOf('rob').state, 'here');
  client.send(':rob!u@h NICK bob');
  await wait('nick');
  client.send(':s 353 bridge = #room :@+bob');
  client.send(':s 366 bridge #room :End');
  await wait('members');
  assert.deepEqual(
    network.members('#room').find(({ nick }) => nick === 'bob'),
    { nick: 'bob', prefixes: '@+' },
  );
});

test('who is away already is asked for, where that is wanted and later changes are told', async (t) => {
  const answerWho = (line: string, client: ScriptedClient) => {
    if (line !== 'WHO #room') return false;
    for (const nick of ['ann', 'bob']) client.send(`:${nick}!u@h JOIN #room`);
    client.send(':s 352 bridge #room u h s ann H :0 Ann');
    client.send(':s 352 bridge #room u h s bob G@ :0 Bob');
    client.send(':s 315 bridge #room :End');
    return true;
  };
  const { network, wait } = await start(t, 'away-notify', answerWho, { followsAway: true });
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  assert.equal((await wait('away')).nick, 'bob');
  assert.deepEqual([network.presenceOf('ann').state, network.presenceOf('bob').state], ['here', 'away']);
});

test('what was said while no bridge ran is asked for at the first entrance', async (t) => {
  const offered = 'draft/chathistory batch message-tags server-time';
  const { server, network, wait } = await start(t, offered, (line, client) => {
    if (line.startsWith('JOIN')) client.send(':s 005 bridge CHATHISTORY=100 :are supported');
    return line.startsWith('CHATHISTORY');
  });
  network.noteTaken('#room', Date.parse('2026-01-01T00:00:00Z'));
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  const [asked = ''] = await server.receive(/^CHATHISTORY/);
  assert.match(asked, /^CHATHISTORY AFTER #room timestamp=2025-12-31T23:59:59\.999Z \d+$/);
});

test('reactions and redactions name the message that they are about, and those of the bot are told to nobody', async (t) => {
  const { server, network, wait } = await start(t, 'message-tags draft/message-redaction', () => false);
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  const send = (line: string) => server.clients[0]?.send(line);
  send('@+draft/reply=one;+draft/react=\u{1f44d} :bridge!u@h TAGMSG #room');
  send('@+draft/reply=one :bob!u@h TAGMSG #room');
  send('@+draft/reply=one;+draft/react=\u{1f44d} :bob!u@h TAGMSG #room');
  const { nick, about, key } = await wait('reaction');
  assert.deepEqual([nick, about, key], ['bob', 'one', '\u{1f44d}']);
  send(':bob!u@h REDACT #room one :a mistake');
  const redaction = await wait('redaction');
  assert.deepEqual([redaction.nick, redaction.about, redaction.reason], ['bob', 'one', 'a mistake']);
});
