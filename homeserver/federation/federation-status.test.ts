import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import { runCommandLine } from '../command-line/run-command-line.ts';
import type { Context } from '../platform/context.ts';
import { readDestination } from '../storage/federation/read-destinations.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { collectTransactions } from '../testing/collect-transactions.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { createTestRoom, say, setState } from '../testing/room-actions.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestReply, type TestUser } from '../testing/test-user.ts';
import { originTurns } from './origin-turns.ts';

let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let context: Context;
let alice: TestUser;
let administrator: TestUser;
let configFile: string;
const fakes: FakeServer[] = [];

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1, config: { 'shards.count': 2 } });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  ({ context } = homeserver);
  alice = await registerUser(homeserver.baseUrl, 'alice');
  administrator = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(context, administrator.userId, { isAdmin: true });
  configFile = join(await makeTestFolder(), 'holdfast.yaml');
  await writeFile(configFile, `server_name: one.test\ndatabase: { url: "${homeserver.databaseUrl}" }\n`);
});

after(async () => {
  await Promise.all(fakes.map((fake) => fake.stop()));
  await federation.stop();
});

async function startFake(name: string): Promise<FakeServer> {
  const fake = await startFakeServer(federation.network, name);
  fakes.push(fake);
  return fake;
}

async function statusOf(list: 'origins' | 'destinations', server: string): Promise<AnyJson> {
  const status = await administrator.call('GET', '/_holdfast/v1/admin/federation');
  return status[list].find((each: AnyJson) => each.server === server);
}

/** The lines of a server that `holdfast federation status` prints. */
async function printedLine(server: string): Promise<string> {
  const { output, printed, complaints } = collectOutput([]);
  const exitCode = await runCommandLine(['federation', 'status', '--config', configFile], output);
  assert.equal(exitCode, 0, complaints());
  const lines = printed().split('\n');
  return lines.filter((line) => line.startsWith(`  ${server} `)).join('\n');
}

let transactions = 0;
function send(fake: FakeServer, pdus: readonly JsonObject[]): Promise<TestReply> {
  const body = { origin: fake.serverName, origin_server_ts: 1, pdus: [...pdus] };
  return fake.send(homeserver.baseUrl, 'one.test', 'PUT', `/_matrix/federation/v1/send/t${transactions++}`, body);
}

const pduOf = (event: BuiltEvent) => JSON.parse(event.pduJson) as JsonObject;

test('events that are not taken are told with why and when, and how many came to what', async () => {
  const fake = await startFake('careless.test');
  collectTransactions(fake);
  const member = await joinFakeMember(context, fake, await createTestRoom(alice));
  const good = await member.say('good');
  const forged = { ...pduOf(await member.say('forged')), signatures: { 'careless.test': { 'ed25519:fake': 'AAAA' } } };
  const before = await statusOf('origins', 'careless.test');
  const sinceMs = context.clock.wallMs() - 1;
  await send(fake, [pduOf(good), forged]);
  const status = await statusOf('origins', 'careless.test');
  assert.deepEqual([before?.outcomes ?? {}, status.outcomes], [{}, { accepted: 1, signature: 1 }]);
  assert.match(status.last_refusal, new RegExp(`^\\$.* of ${member.roomId}: .*signature`, 'i'));
  assert.ok(status.last_refusal_ts >= sinceMs);
  const forbidden = await member.make({ type: 'm.room.name', stateKey: '', content: { name: 'mine' } });
  await send(fake, [pduOf(forbidden)]);
  assert.equal((await statusOf('origins', 'careless.test')).outcomes.rejected, 1);
  await setState(alice, member.roomId, 'm.room.server_acl', { allow: ['*'], deny: ['careless.test'] });
  await send(fake, [pduOf(await member.say('denied'))]);
  const denied = await statusOf('origins', 'careless.test');
  assert.deepEqual([denied.outcomes.acl, denied.transactions], [1, 3]);
  assert.match(denied.last_refusal, /Server is banned from room/);
  const line = await printedLine('careless.test');
  assert.match(
    line,
    /not taken: 1 rejected, 1 acl, 1 signature {2}last not taken \d.*: \$.*Server is banned from room/,
  );
});

test('requests in the name of a server that were not let in are told, apart from what it did send', async () => {
  const fake = await startFake('forged.test');
  const published = fake.key;
  fake.answer('/_matrix/key/v2/server', () => ({ ...fake.publishKeys(), verify_keys: {} }));
  fake.key = makeFakeKey('ed25519:other');
  assert.equal((await send(fake, [])).status, 401);
  const status = await statusOf('origins', 'forged.test');
  assert.deepEqual([status.refused_requests, status.transactions, status.last_received_ts], [1, 0, null]);
  assert.match(status.last_refused_request, /forged\.test has no key ed25519:other/);
  assert.ok(status.last_refused_request_ts > 0);
  assert.match(await printedLine('forged.test'), /none taken in yet {2}1 requests in its name refused {2}last refused/);
  fake.key = published;
});

test('a transaction that failed is told until one is taken in, and those that wait with the age of the oldest', async () => {
  const fake = await startFake('waiting.test');
  const gate = Promise.withResolvers<void>();
  const sending = originTurns.of(context).run('waiting.test', () => gate.promise);
  const status = await statusOf('origins', 'waiting.test');
  assert.equal(status.waiting, 1);
  assert.ok(status.oldest_waiting_ms >= 0);
  assert.match(await printedLine('waiting.test'), /1 wait, the oldest for /);
  // Three more may wait.
  const others = Array.from({ length: 4 }, () => send(fake, []));
  assert.equal((await Promise.race(others)).status, 429);
  const full = await statusOf('origins', 'waiting.test');
  assert.deepEqual([full.waiting, full.last_problem_ts > 0], [4, true]);
  assert.match(full.last_problem, /Too many transactions wait/);
  gate.resolve();
  await Promise.all([sending, ...others]);
  const done = await statusOf('origins', 'waiting.test');
  assert.deepEqual([done.waiting, done.oldest_waiting_ms, done.last_problem], [0, 0, null]);
});

test('what waits in the tables for a server that is away is counted', async () => {
  const fake = await startFake('away.test');
  const received = collectTransactions(fake);
  received.answerWith((response) => {
    response.statusCode = 503;
    return { errcode: 'M_UNKNOWN', error: 'later' };
  });
  const roomId = await createTestRoom(alice);
  await joinFakeMember(context, fake, roomId);
  await say(alice, roomId, 'first');
  await received.arrivals(1);
  for (const text of ['second', 'third']) await say(alice, roomId, text);
  const messages = { '@user:away.test': { D: { text: 'hi' } } } as JsonObject;
  await alice.call('PUT', '/_matrix/client/v3/sendToDevice/test.type/m', { messages });
  while (!(await readDestination(context, 'away.test'))?.isBehind) await context.clock.sleep(50);
  ({ context } = await homeserver.restart());
  // Just after the start it may be tried once more, or not be known yet.
  const read = async () => {
    const status = await statusOf('destinations', 'away.test').catch(() => undefined);
    return [status?.state, status?.waiting_events, status?.waiting_messages].join();
  };
  while ((await read()) !== 'waiting,3,1') await context.clock.sleep(50);
  const line = await printedLine('away.test');
  assert.match(line, /waiting for .* {2}3 events wait {2}1 messages to devices/);
});
