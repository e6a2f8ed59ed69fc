import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { openTestNetwork } from '../../testing/open-test-network.ts';
import { ScriptedIrcServer } from '../../testing/scripted-irc-server.ts';
import { IrcConnectionLost, IrcRefusal } from '../irc-refusal.ts';

async function start(t: { after(run: () => unknown): void }, options: Parameters<typeof openTestNetwork>[1] = {}) {
  const server = await ScriptedIrcServer.start();
  const opened = openTestNetwork(server.port, options);
  t.after(async () => {
    await opened.network.close('the test is over');
    await server.stop();
  });
  return { server, ...opened };
}

const hello = { speaker: undefined, target: '#room', kind: 'message', text: 'hello' } as const;

test('a server that hangs during the registration, and one that throttles, are tried again', async (t) => {
  const { server, network, wait } = await start(t, { limits: { registrationTimeoutMs: 100 } });
  server.onConnect = (client) => {
    if (server.clients.length === 2) client.socket.end('ERROR :Closing Link: throttled\r\n');
  };
  server.script = () => server.clients.length === 1;
  network.start();
  await wait('connected');
  assert.ok(server.clients.length >= 3);
});

test('rubbish and lines without end are thrown away, and what is between them is read', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  const { socket } = server.clients[0] ?? assert.fail();
  socket.write(Buffer.alloc(100_000, 'x'));
  socket.write('\r\n\r\n:\r\n@\r\n: :\r\n\u0000\u0001\r\n:a!b@c PRIVMSG #room :one\r\n');
  socket.write(Buffer.concat([Buffer.from(':a!b@c PRIVMSG #room :gr\u00fc', 'latin1'), Buffer.from('\r\n')]));
  assert.equal((await wait('message')).text, 'one');
  assert.equal((await wait('message')).text, 'grü');
});

test('a message that a server swallows is lost by its deadline, and the connection is made anew', async (t) => {
  const { server, network, wait } = await start(t, { limits: { answerTimeoutMs: 100 } });
  network.start();
  await wait('connected');
  server.script = (line) => /^(PRIVMSG|PING)/.test(line) && server.clients.length === 1;
  await assert.rejects(network.say(hello), (error) => error instanceof IrcConnectionLost && error.isUnknown);
  await wait('disconnected');
  await wait('connected');
  await network.say(hello);
});

test('a flood kill rejects what waits, and says that it was not written', async (t) => {
  const { server, network, wait } = await start(t, { limits: { flood: { burstLines: 1, lineMs: 60_000 } } });
  network.start();
  await wait('connected');
  server.script = (line, client) => {
    if (!line.startsWith('PRIVMSG')) return false;
    client.socket.end('ERROR :Closing Link: Excess Flood\r\n');
    return true;
  };
  const results = await Promise.allSettled([network.say(hello), network.say({ ...hello, text: 'second' })]);
  const lost = results.map((result) => result.status === 'rejected' && (result.reason as IrcConnectionLost).isUnknown);
  assert.deepEqual(lost, [true, false]);
  assert.match((await wait('disconnected')).reason, /Excess Flood/);
});

test('beyond the bound of the queue a message is refused at once', async (t) => {
  const limits = { flood: { burstLines: 1, lineMs: 60_000 }, queuedLines: 2 };
  const { network, wait } = await start(t, { limits });
  network.start();
  await wait('connected');
  await network.say(hello);
  const waiting = [network.say(hello), network.say(hello)];
  for (const each of waiting) each.catch(() => {});
  await assert.rejects(network.say(hello), IrcRefusal);
  assert.equal(network.describe().waitingLines, 2);
});

test('a nick in use gets a suffix, and the wished one comes back when the ghost is gone', async (t) => {
  const bot = { nick: 'bridge', username: 'bridge', realname: 'B', account: 'bridge', password: 'secret' };
  const { server, network, wait } = await start(t, { bot });
  server.script = (line, client) => {
    if (line !== 'NICK bridge') return false;
    client.send(':s 433 * bridge :Nickname is already in use');
    return true;
  };
  network.start();
  await wait('connected');
  assert.equal(network.isBot('bridge_'), true);
  assert.deepEqual(await server.receive(/NickServ/, 2), [
    'PRIVMSG NickServ :IDENTIFY bridge secret',
    'PRIVMSG NickServ :GHOST bridge secret',
  ]);
});

test('SASL PLAIN is spoken where it is offered, and a wrong password is told to the user', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  server.script = (line, client) => {
    if (line === 'CAP LS 302') client.send(':s CAP * LS :sasl=PLAIN,EXTERNAL server-time');
    else if (line.startsWith('CAP REQ')) client.send(`:s CAP * ACK ${line.slice(8)}`);
    else if (line === 'AUTHENTICATE PLAIN') client.send('AUTHENTICATE +');
    else if (line.startsWith('AUTHENTICATE')) client.send(':s 904 * :SASL authentication failed');
    else return false;
    return true;
  };
  const wishes = { nick: 'alice', account: 'alice', password: 'wrong' };
  await assert.rejects(network.connectUser('@alice:s', wishes), /does not accept the account's password/);
  const [, sent = ''] = await server.receive(/^AUTHENTICATE/, 2);
  assert.equal(Buffer.from(sent.slice(13), 'base64').toString(), 'alice\0alice\0wrong');
});

test('a netsplit and its end are one event each, and other quits are told as they are', async (t) => {
  const { server, network, events, wait } = await start(t);
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  const [client = assert.fail()] = server.clients;
  const nicks = Array.from({ length: 500 }, (_, index) => `n${index}`);
  for (const nick of nicks) client.send(`:${nick}!u@h JOIN #room`);
  for (const nick of nicks) client.send(`:${nick}!u@h QUIT :a.example.org b.example.org`);
  const split = await wait('netsplit');
  assert.equal(split.people.length, 500);
  for (const nick of nicks) client.send(`:${nick}!u@h JOIN #room`);
  assert.deepEqual((await wait('netjoin')).people[499], { nick: 'n499', channels: ['#room'] });
  client.send(':n1!u@h QUIT :Quit: bye bye');
  assert.deepEqual((await wait('quit')).channels, ['#room']);
  assert.equal(events.filter(({ kind }) => kind === 'quit').length, 1);
  assert.equal(events.filter(({ kind }) => kind === 'join').length, 500);
});

test('an echo gives the identity of what was said, and is not told again', async (t) => {
  const { server, network, events, wait } = await start(t);
  server.script = (line, client) => {
    const label = /^@label=(\S+) PRIVMSG (.*)$/.exec(line);
    if (line === 'CAP LS 302') client.send(':s CAP * LS :echo-message labeled-response message-tags');
    else if (line.startsWith('CAP REQ')) client.send(`:s CAP * ACK ${line.slice(8)}`);
    else if (label) client.send(`@label=${label[1]};msgid=m1 :bridge!u@h PRIVMSG ${label[2]}`);
    else return false;
    return true;
  };
  network.start();
  await wait('connected');
  assert.deepEqual(await network.say(hello), { identity: 'm1' });
  assert.equal(events.filter(({ kind }) => kind === 'message').length, 0);
});

test('a user who cannot be connected is told so, and is not waited for without end', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  server.onConnect = (client) => client.socket.destroy();
  await assert.rejects(
    network.connectUser('@alice:s', { nick: 'alice' }),
    (error) => error instanceof IrcRefusal && /no connection could be made/.test(error.message),
  );
  server.onConnect = () => {};
  await network.connectUser('@alice:s', { nick: 'alice' });
});

test('the next server is taken when one cannot be reached', async (t) => {
  const closed = await ScriptedIrcServer.start();
  const { port } = closed;
  await closed.stop();
  const server = await ScriptedIrcServer.start();
  const address = { host: '127.0.0.1', tls: false };
  const { network, wait } = openTestNetwork(0, {
    servers: [
      { ...address, port },
      { ...address, port: server.port },
    ],
  });
  t.after(async () => {
    await network.close('the test is over');
    await server.stop();
  });
  network.start();
  await wait('connected');
});

/** The usual clock, and how long was slept by it. */
function watchedClock(): { readonly clock: Clock; readonly pausesMs: readonly number[] } {
  const pausesMs: number[] = [];
  const sleep: Clock['sleep'] = (durationMs, signal) => {
    pausesMs.push(durationMs);
    return systemClock.sleep(durationMs, signal);
  };
  return { clock: { ...systemClock, sleep }, pausesMs };
}

test('where nobody answers it is tried soon again, and a server that sends us away is left alone', async (t) => {
  const foreverMs = 2 ** 30;
  const backoffMs = { first: foreverMs, most: foreverMs, unreachable: 20 };
  const closed = await ScriptedIrcServer.start();
  const { port } = closed;
  await closed.stop();
  const { clock, pausesMs } = watchedClock();
  const { network } = openTestNetwork(port, { clock, limits: { backoffMs } });
  t.after(() => network.close('the test is over'));
  network.start();
  while (network.describe().problem === undefined) await new Promise(setImmediate);
  const server = await ScriptedIrcServer.start(port);
  t.after(() => server.stop());
  server.onConnect = (client) => client.socket.end('ERROR :Closing Link: throttled\r\n');
  server.script = () => true;
  await server.receive(/^NICK/);
  assert.ok((pausesMs[0] ?? foreverMs) <= backoffMs.unreachable, pausesMs.join(', '));
  while (!pausesMs.some((each) => each >= foreverMs / 2)) await new Promise(setImmediate);
  assert.match(network.describe().problem ?? '', /throttled/);
  assert.equal(server.clients.length, 1);
});

test('a connection of a user that broke is made again once, however many wait for it', async (t) => {
  const backoffMs = { first: 20_000, most: 20_000, unreachable: 20_000 };
  const { clock, pausesMs } = watchedClock();
  const { server, network, wait } = await start(t, { clock, limits: { backoffMs } });
  network.start();
  await wait('connected');
  await network.connectUser('@alice:s', { nick: 'alice' });
  const ofAlice = () => server.clients.filter(({ nick }) => nick === 'alice');
  ofAlice()[0]?.socket.end();
  await wait('user_disconnected');
  await Promise.all(Array.from({ length: 5 }, () => network.connectUser('@alice:s', { nick: 'alice' })));
  assert.equal(network.nickOf('@alice:s'), 'alice');
  assert.equal(ofAlice().length, 2);
  // There is one that tries, so there was one pause, and those who came to it ended it.
  assert.equal(pausesMs.filter((each) => each >= backoffMs.first / 2).length, 1);
});

test('who was kicked comes back with the next word, though the own connection hears of it later than the bot', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  await network.connectUser('@alice:s', { nick: 'alice' });
  await network.join('@alice:s', '#room');
  const clientOf = (wanted: string) => server.clients.find(({ nick }) => nick === wanted) ?? assert.fail();
  const kick = ':op!u@h KICK #room alice :out';
  clientOf('bridge').send(kick);
  assert.equal((await wait('kick')).nick, 'alice');
  let joins = 0;
  server.script = (line, client) => {
    if (!line.startsWith('JOIN') || client.nick !== 'alice') return false;
    joins++;
    client.send(kick);
    return false;
  };
  await network.join('@alice:s', '#room');
  assert.equal(joins, 1);
  await wait('channel_lost');
  await network.join('@alice:s', '#room');
  assert.equal(joins, 1, 'it knows that it is there again');
});

test('leaving a channel that one is not in is done', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  await network.connectUser('@alice:s', { nick: 'alice' });
  let code = '442';
  server.script = (line, client) => {
    if (!line.startsWith('PART')) return false;
    client.send(`:s ${code} alice #room :no`);
    return true;
  };
  await network.part('@alice:s', '#room', 'bye');
  code = '482';
  await assert.rejects(network.part('@alice:s', '#room', 'bye'), IrcRefusal);
});

test('no line is longer than IRC takes, whatever a server says of its lengths', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  server.clients[0]?.send(':s 005 bridge KICKLEN=1000 TOPICLEN=4000 :are supported');
  const long = '💥'.repeat(500);
  await network.kick('#room', 'bob', long);
  await network.setTopic(undefined, '#room', long);
  await network.part(undefined, '#room', long);
  await assert.rejects(network.setMode('#room', `+b ${'x'.repeat(600)}!*@*`), IrcRefusal);
  const lines = server.received.filter((line) => line.includes('💥'));
  assert.equal(lines.length, 3);
  for (const line of lines) assert.ok(Buffer.byteLength(line) <= 510, `${Buffer.byteLength(line)} bytes`);
});

test('however many people are asked for, the queue has room for what is said', async (t) => {
  const limits = { flood: { burstLines: 1, lineMs: 60_000 }, queuedLines: 50 };
  const { network, wait } = await start(t, { limits });
  network.start();
  await wait('connected');
  await network.say(hello);
  const asked = Array.from({ length: 60 }, (_, index) => network.whois(`n${index}`));
  for (const each of asked) each.catch(() => {});
  await assert.rejects(asked[59] ?? assert.fail(), IrcRefusal);
  network.say(hello).catch(() => {});
  assert.equal(network.describe().waitingLines, 21);
});

test('a bot that is put out of a channel again and again returns once', async (t) => {
  const returns: (() => void)[] = [];
  const clock: Clock = {
    ...systemClock,
    startTimer(durationMs, run) {
      if (durationMs !== 5_000) return systemClock.startTimer(durationMs, run);
      returns.push(run);
      return { cancel() {} };
    },
  };
  const { server, network, wait } = await start(t, { clock });
  network.start();
  await wait('connected');
  await network.join(undefined, '#room');
  const client = server.clients[0] ?? assert.fail();
  const kick = (channel: string) => client.send(`:op!u@h KICK ${channel} bridge :out`);
  for (const channel of ['#room', '#ROOM', '#room', '#never']) kick(channel);
  await wait('kick', ({ channel }) => channel === '#never');
  assert.equal(returns.length, 1);
  returns[0]?.();
  await server.receive(/^JOIN #room/, 2);
  kick('#room');
  await wait('kick');
  assert.equal(returns.length, 2);
});

test('a user’s connection is in no more channels than it can be in, whatever its server says', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  await network.connectUser('@alice:s', { nick: 'alice' });
  const client = server.clients[1] ?? assert.fail();
  for (let number = 0; number < 1_001; number++) client.send(`:alice!u@h JOIN #c${number}`);
  client.send(':bob!u@h PRIVMSG alice :that is all');
  await wait('message');
  for (const number of [0, 999, 1_000]) await network.join('@alice:s', `#c${number}`);
  await server.receive(/^JOIN #c1000/);
  assert.ok(!server.received.some((line) => /^JOIN #c(0|999)$/.test(line)));
});

test('a message’s id has a bound, and an answer finds it all the same', async (t) => {
  const { server, network, wait } = await start(t);
  network.start();
  await wait('connected');
  const long = 'm'.repeat(5_000);
  const client = server.clients[0] ?? assert.fail();
  client.send(`@msgid=${long} :a!b@c PRIVMSG #room :one`);
  client.send(`@msgid=two;+draft/reply=${long} :a!b@c PRIVMSG #room :two`);
  const [first, second] = [await wait('message'), await wait('message')];
  assert.ok(first.identity.length < 100);
  assert.deepEqual([second.identity, second.answers], ['two', first.identity]);
});
