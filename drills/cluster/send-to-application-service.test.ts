import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import { homeShardOf } from '@holdfast/homeserver/appservices/delivery/queue-owners.ts';
import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { openDatabase, type Sql } from '@holdfast/homeserver/platform/database/open-database.ts';
import {
  fakeRegistration,
  makeRegistrationFiles,
  type RegistrationFiles,
} from '@holdfast/homeserver/testing/application-service-files.ts';
import { type CreatedTestDatabase, createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { makeTestFolder } from '@holdfast/homeserver/testing/make-test-folder.ts';
import {
  type FakeApplicationService,
  startFakeApplicationService,
} from '@holdfast/homeserver/testing/start-fake-application-service.ts';
import { registerUser, request, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { HomeserverProcess } from './homeserver-process.ts';

const shardCount = 4;
/** Of a frozen process: then another one is asked. */
const answerTimeoutMs = 2_000;
const id = 'irc';
const metricsToken = 'metrics-of-the-test';
const v3 = '/_matrix/client/v3';

let database: CreatedTestDatabase;
let sql: Sql;
let files: RegistrationFiles;
let service: FakeApplicationService;
let processes: readonly HomeserverProcess[];
let alice: TestUser;
let room: string;
before(async () => {
  [database, files, service] = await Promise.all([
    createTestDatabase(),
    makeRegistrationFiles(),
    startFakeApplicationService(),
  ]);
  sql = openDatabase({ url: database.url, poolSize: 1, applicationName: 'test', statementTimeoutMs: 60_000 });
  await files.put('irc.yaml', fakeRegistration(id, { url: service.url }));
  const folder = await makeTestFolder();
  processes = [await startProcess('one', folder), await startProcess('two', folder)];
  alice = await registerUser(firstOf(processes).baseUrl, 'alice');
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, { preset: 'public_chat' });
  room = `${v3}/rooms/${encodeURIComponent(roomId)}`;
  const joined = await request(alice.baseUrl, 'POST', `${room}/join`, { token: `as-token-of-${id}`, body: {} });
  assert.equal(joined.status, 200, JSON.stringify(joined.body));
  await say();
  await hasEverything();
});
after(async () => {
  await Promise.all(processes.map((process) => process.kill()));
  await sql.end({ timeout: 1 });
  await service.stop();
  await files.drop();
  await database.drop();
});

async function startProcess(name: string, folder: string): Promise<HomeserverProcess> {
  const dataDir = join(folder, name);
  await mkdir(dataDir);
  const environment = {
    HOLDFAST_DATA_DIR: dataDir,
    HOLDFAST_DATABASE_URL: database.url,
    HOLDFAST_SERVER_NAME: 'test.example',
    HOLDFAST_SHARDS_COUNT: String(shardCount),
    HOLDFAST_PROCESS_LEASE_MS: '1000',
    HOLDFAST_APPLICATION_SERVICES_FOLDER: files.folder,
    HOLDFAST_REGISTRATION_MODE: 'open',
    HOLDFAST_RATE_LIMITS_ENABLED: 'false',
    HOLDFAST_PASSWORD_MEMORY_KIB: '1024',
    HOLDFAST_PASSWORD_ITERATIONS: '1',
    HOLDFAST_METRICS_TOKEN: metricsToken,
  };
  return await HomeserverProcess.start({ name, environment, logFile: join(folder, `${name}.log`) });
}

function firstOf(some: readonly HomeserverProcess[]): HomeserverProcess {
  const [first] = some;
  if (!first) throw new Error('no process is left');
  return first;
}

/** The process that sends to the service. */
async function findSender(): Promise<HomeserverProcess> {
  const homeShard = homeShardOf({ shardLog: { shardCount } } as Context, id);
  for (;;) {
    const [row] = await sql<{ address: string }[]>`
      SELECT address FROM shard JOIN process ON process.id = shard.owner
      WHERE shard.id = ${homeShard} AND lease_until > clock_timestamp()`;
    const found = processes.find(({ internalAddress }) => internalAddress === row?.address);
    if (found) return found;
  }
}

const said: string[] = [];
/** Sends a message over whichever process answers, under one transaction id until it was accepted. */
async function say(): Promise<void> {
  const body = `message ${said.length}`;
  const path = `${room}/send/m.room.message/${said.length}`;
  for (let attempt = 0; ; attempt++) {
    const { baseUrl } = processes[attempt % processes.length] as HomeserverProcess;
    const sending = request(baseUrl, 'PUT', path, { token: alice.accessToken, body: { body, msgtype: 'm.text' } });
    const answered = withDeadline(sending, answerTimeoutMs, 'a message', { clock: systemClock });
    const reply = await answered.catch(() => undefined);
    if (reply?.status === 200) break;
  }
  said.push(body);
}

/** Says something all the time until what it returns is called, which resolves when the last of it was accepted. */
function keepTalking(): () => Promise<void> {
  let goesOn = true;
  const talking = (async () => {
    while (goesOn) await say();
  })();
  return () => {
    goesOn = false;
    return talking;
  };
}

const received = () =>
  service.events().flatMap(({ type, content }) => (type === 'm.room.message' ? [content.body] : []));

/** Waits until the service has all that was said, and checks that it had each once, in order, and no two bodies. */
async function hasEverything(): Promise<void> {
  await service.waitFor(() => received().length >= said.length);
  assert.deepEqual(received(), said);
  const bodies = new Map<string, string>();
  for (const { url, text } of service.transactions) {
    assert.equal(text, bodies.get(url) ?? text, 'a transaction is the same however often it comes');
    bodies.set(url, text);
  }
}

/** Has the service take a transaction without an answer; gives its path. */
async function takeUnanswered(): Promise<string> {
  service.behaviour = 'hang';
  const before = service.transactions.length;
  await say();
  await service.waitFor(() => service.transactions.length > before);
  return service.transactions[before]?.url ?? '';
}

const arrivals = (path: string) => service.transactions.filter(({ url }) => url === path).length;

test('after kill -9 the other process sends what was unacknowledged under the same id, and then the rest', async () => {
  const path = await takeUnanswered();
  const sender = await findSender();
  await sender.kill();
  await say();
  service.behaviour = 'well';
  await service.waitFor(() => arrivals(path) > 1);
  await hasEverything();
  await sender.start();
});

test('after kill -9 of all processes the first that comes back does the same', async () => {
  const path = await takeUnanswered();
  await Promise.all(processes.map((process) => process.kill()));
  service.behaviour = 'well';
  for (const process of processes) await process.start();
  await service.waitFor(() => arrivals(path) > 1);
  await say();
  await hasEverything();
});

test('while messages flow the sender is killed again and again, and nothing is lost, doubled or late for its turn', async () => {
  const stop = keepTalking();
  for (let round = 0; round < 3; round++) {
    const [count, sender] = [received().length, await findSender()];
    await service.waitFor(() => received().length > count);
    await sender.kill();
    const atDeath = received().length;
    await service.waitFor(() => received().length > atDeath);
    await sender.start();
  }
  await stop();
  await hasEverything();
});

test('a process that ends as it should hands its services over while messages flow', async () => {
  const stop = keepTalking();
  for (let round = 0; round < 2; round++) {
    const sender = await findSender();
    assert.ok(await sender.stop());
    const atEnd = received().length;
    await service.waitFor(() => received().length > atEnd);
    await sender.start();
  }
  await stop();
  await hasEverything();
});

test('a sender that froze finds on its thaw that another one sends, and sends nothing that was sent', async () => {
  const path = await takeUnanswered();
  const sender = await findSender();
  sender.freeze();
  service.behaviour = 'well';
  const stop = keepTalking();
  await service.waitFor(() => arrivals(path) > 1);
  const meanwhile = received().length;
  await service.waitFor(() => received().length > meanwhile + 20);
  const count = service.transactions.length;
  sender.thaw();
  await service.waitFor(() => service.transactions.length > count + 20);
  await stop();
  await hasEverything();
  const acknowledged = new Set(service.transactions.slice(0, count).map(({ url }) => url));
  const newest = service.transactions[count - 1]?.url;
  const again = service.transactions.slice(count).filter(({ url }) => acknowledged.has(url) && url !== newest);
  assert.deepEqual(again, []);
});

test('what waits for a service is told by the process that sends to it, and no longer by one that did', async () => {
  await takeUnanswered();
  const former = await findSender();
  await untilTold(former, true);
  former.freeze();
  service.behaviour = 'well';
  const stop = keepTalking();
  const before = received().length;
  await service.waitFor(() => received().length > before);
  former.thaw();
  await untilTold(former, false);
  await stop();
  await hasEverything();
});

/** Resolves when the process's metrics have, or have not, for how long something has waited for the service. */
async function untilTold({ baseUrl }: HomeserverProcess, isTold: boolean): Promise<void> {
  const headers = { authorization: `Bearer ${metricsToken}` };
  for (;;) {
    const text = await (await fetch(`${baseUrl}/metrics`, { headers })).text();
    if (text.includes(`holdfast_appservice_oldest_waiting_seconds{service="${id}"}`) === isTold) return;
  }
}
