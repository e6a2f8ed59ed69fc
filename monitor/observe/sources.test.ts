import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { type CreatedTestDatabase, createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import { sendRequest } from '../platform/send-request.ts';
import { type MonitorSql, openMonitorDatabase } from '../storage/open-monitor-database.ts';
import { type StubProvider, startStubProvider } from '../testing/stub-provider.ts';
import { bridgesSource } from './bridges.ts';
import { clocksSource } from './clocks.ts';
import { networkSource } from './network.ts';
import type { MetricSample } from './parse-metrics.ts';
import { parseMetrics } from './parse-metrics.ts';
import { postgresSource } from './postgres.ts';
import { processesSource } from './processes.ts';
import type { Source } from './source.ts';
import { pushSource, turnSource } from './turn-and-push.ts';
import { volumesSource } from './volumes.ts';
import { watchSources } from './watch-sources.ts';

let database: CreatedTestDatabase;
let sql: MonitorSql;
let stub: StubProvider;
before(async () => {
  [database, stub] = await Promise.all([createTestDatabase(), startStubProvider()]);
  sql = openMonitorDatabase(database.url);
});
after(async () => {
  await sql.end({ timeout: 1 });
  await Promise.all([database.drop(), stub.close()]);
});

async function look<Value>(
  source: { look(deadline: ReturnType<typeof startDeadline>, atMs: number): Promise<Value> },
  atMs = 0,
) {
  const deadline = startDeadline(20_000, 'a look');
  try {
    return await source.look(deadline, atMs);
  } finally {
    deadline.finish();
  }
}

test('PostgreSQL: what the primary says of itself, from one query', async () => {
  let told = 0;
  let [queries, logLimit] = [0, 0];
  const source = postgresSource({
    ask: (text) => {
      queries += 1;
      return sql.unsafe(text);
    },
    replicas: ['db2'],
    onDatabaseTime: (databaseMs) => {
      told = databaseMs;
    },
    onLogLimit: (bytes) => {
      logLimit = bytes;
    },
  });
  await look(source, 1_000);
  const { silentForMs, primary } = await look(source, 31_000);
  assert.equal(silentForMs, 0);
  assert.equal(queries, 2);
  assert.ok(logLimit >= 2 * 1024 ** 2, String(logLimit));
  assert.ok(Math.abs(told - Date.now()) < 60_000);
  assert.deepEqual(primary?.missingReplicas, [{ name: 'db2', forMs: 30_000 }]);
  assert.ok((primary?.versionNumber ?? 0) >= 150_000);
  assert.ok((primary?.connections.used ?? 0) >= 1 && (primary?.connections.limit ?? 0) > 1);
  assert.ok((primary?.transactionIdAge ?? 0) > 0);
  assert.deepEqual([primary?.checksumFailures, primary?.archiver.failingForMs], [0, 0]);
});

test('PostgreSQL: a table of dead rows is seen with its size', async () => {
  await sql`CREATE TABLE public.changed WITH (autovacuum_enabled = off) AS SELECT n FROM generate_series(1, 20000) n`;
  await sql`DELETE FROM public.changed WHERE n > 2000`;
  const source = postgresSource({
    ask: (text) => sql.unsafe(text),
    replicas: [],
    onDatabaseTime: () => {},
    onLogLimit: () => {},
  });
  // Sessions tell of what they did after a while, at the latest when they end.
  await sql`SELECT pg_stat_force_next_flush()`;
  for (;;) {
    const [found] = (await look(source)).primary?.deadRows ?? [];
    if (!found) continue;
    assert.deepEqual([found.table, found.share], ['public.changed', 0.9]);
    assert.ok(found.sizeBytes > 500_000, String(found.sizeBytes));
    break;
  }
  await sql`DROP TABLE public.changed`;
});

test('PostgreSQL: a primary that says nothing is silent after 3 s, and not a source that could not be looked at', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const source = postgresSource({
    ask: () => new Promise(() => {}),
    ...{ replicas: [], onDatabaseTime: () => {}, onLogLimit: () => {} },
  });
  const seen = [look(source, 1_000), look(source, 9_000)];
  t.mock.timers.tick(3_000);
  const why = 'asking the database took longer than 3000 ms';
  assert.deepEqual(await Promise.all(seen), [
    { silentForMs: 1, why },
    { silentForMs: 8_000, why },
  ]);
});

test('PostgreSQL: a slot that nobody follows is seen with what it holds', async () => {
  await sql`SELECT pg_create_physical_replication_slot('forgotten', true)`;
  try {
    const source = postgresSource({
      ask: (text) => sql.unsafe(text),
      ...{ replicas: [], onDatabaseTime: () => {}, onLogLimit: () => {} },
    });
    await look(source, 0);
    const { primary } = await look(source, 60_000);
    const slot = primary?.slots.find(({ name }) => name === 'forgotten');
    assert.deepEqual([slot?.isActive, slot?.inactiveForMs, slot?.walStatus], [false, 60_000, 'reserved']);
    assert.ok((slot?.retainedBytes ?? -1) >= 0);
  } finally {
    await sql`SELECT pg_drop_replication_slot('forgotten')`;
  }
});

test('PostgreSQL: silence counts from the first failure, and a standby is no primary', async () => {
  let answer: () => Promise<Record<string, unknown>[]> = () => Promise.reject(new Error('connect ECONNREFUSED'));
  const source = postgresSource({ ask: () => answer(), replicas: [], onDatabaseTime: () => {}, onLogLimit: () => {} });
  await look(source, 1_000);
  assert.deepEqual(await look(source, 9_000), { silentForMs: 8_000, why: 'connect ECONNREFUSED' });
  answer = async () => [{ answer: { standby: true } }];
  assert.match((await look(source, 10_000)).why ?? '', /standby/);
});

const nobody = async () => [];
const health = (readiness: object, metrics = '') => {
  const seen = new Map([
    ['/health/live', '{}'],
    ['/health/ready', JSON.stringify(readiness)],
    ['/metrics', metrics],
  ]);
  const asked: string[] = [];
  const send: typeof sendRequest = async ({ url }) => {
    const { pathname } = new URL(url);
    asked.push(pathname);
    return { status: 200, header: () => null, body: seen.get(pathname) ?? '' };
  };
  return { send, asked, seen };
};

test('processes: readiness and the delay of the event loop since the look before', async () => {
  const histogram = (small: number, all: number) =>
    `holdfast_event_loop_delay_seconds_bucket{le="0.1"} ${small}\nholdfast_event_loop_delay_seconds_bucket{le="2"} ${all}\n` +
    `holdfast_event_loop_delay_seconds_bucket{le="+Inf"} ${all}\nholdfast_log_holes_total 1\n`;
  const { send, seen } = health({ writes: true, readerAgeMs: 12 }, histogram(100, 100));
  let told: readonly MetricSample[] = [];
  const source = processesSource({
    ...{ urls: ['http://hs1:8008'], metricsToken: 'token', send, readEntries: nobody },
    onMetrics: (_url, samples) => {
      told = samples;
    },
  });
  await look(source);
  seen.set('/metrics', histogram(150, 200));
  const [process] = await look(source);
  assert.deepEqual(process, {
    ...{ name: 'hs1:8008', silentForMs: 0, ready: { writes: true, readerAgeMs: 12 } },
    ...{ eventLoopDelayMs: 2_000, logHoles: 1 },
  });
  assert.equal(told.length, 4);
});

test('processes: one that has entered itself in the database and that nobody named is seen too', async () => {
  const { send } = health({ writes: true, readerAgeMs: 1, processId: 'a' });
  let isDown = false;
  const entry = (id: string) => ({ id, address: `${id}:8010`, seenAgoMs: 90, startedAgoMs: 9_000, clockOffsetMs: 0 });
  const source = processesSource({
    ...{ urls: ['http://hs1:8008'], metricsToken: undefined, onMetrics: () => {} },
    send: (...args) => (isDown ? Promise.reject(new Error('gone')) : send(...args)),
    readEntries: async () => [entry('a'), entry('b')],
  });
  const names = async (atMs: number) => (await look(source, atMs)).map(({ name }) => name);
  assert.deepEqual(await names(0), ['hs1:8008', 'b:8010']);
  isDown = true;
  assert.deepEqual(await names(5_000), ['hs1:8008', 'b:8010'], 'one that was asked is not told twice');
});

test('processes: one that does not answer says since when, and without a token nobody asks for metrics', async () => {
  const told: string[][] = [];
  const refusing = processesSource({
    ...{ urls: ['http://127.0.0.1:1'], metricsToken: undefined, send: sendRequest, readEntries: nobody },
    onMetrics: (url, samples) => told.push([url, ...samples.map(({ name }) => name)]),
  });
  told.push(['http://127.0.0.1:1', 'old']);
  await look(refusing, 0);
  assert.deepEqual(told.at(-1), ['http://127.0.0.1:1'], 'what it said before does not stand for it');
  const [silent] = await look(refusing, 16_000);
  assert.equal(silent?.silentForMs, 16_000);
  assert.match(silent?.why ?? '', /ECONNREFUSED|bad port/);
  const { send, asked } = health({ writes: false, readerAgeMs: 9 });
  const [unready] = await look(
    processesSource({ urls: ['http://a'], metricsToken: undefined, send, readEntries: nobody, onMetrics: () => {} }),
  );
  assert.deepEqual(unready?.ready, { writes: false, readerAgeMs: 9 });
  assert.ok(!asked.includes('/metrics'));
});

test('volumes: what an ordinary user may write counts, over time', async () => {
  let bavail = 100;
  const facts = () => ({ type: 0, bsize: 4_096, blocks: 1_000, bfree: 900, bavail, files: 50, ffree: 5 });
  const source = volumesSource({
    ...{
      folders: [{ path: '/data', holds: 'database' }],
      ...{ send: sendRequest, readDevice: async () => 1 },
      readFileSystem: async () => facts(),
      isWritable: async () => true,
      readLogLimit: () => undefined,
    },
  });
  await look(source, 10_000);
  bavail = 60;
  const [volume] = await look(source, 20_000);
  assert.deepEqual(
    volume?.availableBytes.map(({ value }) => value / 4_096),
    [100, 60],
  );
  assert.deepEqual(volume?.inodes, { available: 5, total: 50 });
  const [real] = await look(
    volumesSource({ folders: [{ path: '/', holds: 'all' }], readLogLimit: () => undefined, send: sendRequest }),
  );
  assert.ok((real?.sizeBytes ?? 0) > 0);
});

test('volumes: logs that grow up to their bound leave what is left besides them as it is', async (t) => {
  const logs = await mkdtemp(join(tmpdir(), 'logs-'));
  t.after(() => rm(logs, { recursive: true }));
  let bavail = 100;
  const source = volumesSource({
    folders: [{ path: '/data', holds: 'database', logs }],
    ...{ send: sendRequest, readDevice: async () => 1 },
    readFileSystem: async () => ({ type: 0, bsize: 10, blocks: 1_000, bfree: 900, bavail, files: 0, ffree: 0 }),
    isWritable: async () => true,
    readLogLimit: () => 200,
  });
  const write = (name: string) => writeFile(join(logs, name), Buffer.alloc(100));
  await write('000000010000000000000001');
  await write('000000010000000000000001.partial');
  await look(source, 10_000);
  bavail = 90;
  await write('000000010000000000000002');
  await look(source, 20_000);
  bavail = 80;
  await write('000000010000000000000003');
  const [volume] = await look(source, 30_000);
  assert.deepEqual(
    volume?.besidesLogsBytes?.map(({ value }) => value),
    [900, 900, 800],
    'what goes beyond the bound counts',
  );
});

test('clocks: a step is seen against the clock that never jumps, and the offset against the database', async () => {
  const clock = makeManualClock();
  let steppedMs = 0;
  const source = clocksSource({
    clock: { ...clock, wallMs: () => clock.wallMs() + steppedMs },
    readDatabaseClock: () => ({
      databaseMs: clock.wallMs(),
      askedMs: clock.monotonicMs(),
      answeredMs: clock.monotonicMs(),
    }),
    readProcessOffsets: () => new Map([['hs2', -9_000]]),
    readSynchronisation: async () => ({ isSynchronised: false, keptBy: 'chrony' }),
  });
  const [before, other] = await look(source);
  assert.deepEqual(
    [before?.offsetMs, before?.step, before?.isSynchronised, other?.offsetMs],
    [0, undefined, false, -9_000],
  );
  steppedMs = 540_000;
  clock.advance(5_000);
  const [stepped] = await look(source);
  assert.deepEqual([stepped?.offsetMs, stepped?.step], [540_000, { byMs: 540_000, agoMs: 0 }]);
  clock.advance(60_000);
  assert.deepEqual((await look(source))[0]?.step, { byMs: 540_000, agoMs: 60_000 });
});

test('clocks: a monitor that waits for a processor does not take that for a wrong clock', async () => {
  const clock = makeManualClock();
  let [lateMs, slowReads] = [0, 0];
  const source = clocksSource({
    clock: {
      ...clock,
      wallMs() {
        const wallMs = clock.wallMs();
        // It loses its processor between reading one clock and the other.
        if (slowReads-- > 0) clock.advance(3_000);
        return wallMs;
      },
    },
    readDatabaseClock() {
      const asked = { databaseMs: clock.wallMs(), askedMs: clock.monotonicMs() };
      clock.advance(lateMs);
      return { ...asked, answeredMs: clock.monotonicMs() };
    },
    readProcessOffsets: () => new Map(),
    readSynchronisation: async () => ({}),
  });
  const own = async () => {
    const [first] = await look(source);
    return [first?.offsetMs, first?.step];
  };
  assert.deepEqual(await own(), [0, undefined]);
  lateMs = 8_000;
  assert.deepEqual(await own(), [0, undefined]);
  [lateMs, slowReads] = [0, 1];
  assert.deepEqual(await own(), [0, undefined]);
  slowReads = 1_000;
  assert.deepEqual(await own(), [0, undefined]);
});

test('network: what is missing, since when, and a default route only where there was one', async () => {
  let routes = ['default', '10.2.0.0/16'];
  let [life, reached] = [3_600_000, true];
  const source = networkSource({
    ...{ routes: ['10.2.0.0/16'], addresses: ['10.0.0.2'], names: ['db1'], machines: ['b1:22'] },
    reads: {
      readRoutes: async () => routes,
      readAddresses: () => (reached ? ['10.0.0.2'] : []),
      readLives: async () => [{ address: '10.0.0.2', remainingMs: life }],
      resolve: async () => (reached ? undefined : Promise.reject(new Error('ENOTFOUND'))),
      reach: async () => (reached ? undefined : Promise.reject(new Error('timed out'))),
    },
  });
  const well = await look(source, 0);
  assert.deepEqual(
    [well.missingRoutes, well.missingAddresses, well.unresolvedNames, well.unreachablePeers],
    [[], [], [], []],
  );
  [routes, reached, life] = [[], false, 60_000];
  await look(source, 5_000);
  const bad = await look(source, 15_000);
  const forMs = 10_000;
  assert.deepEqual(bad, {
    missingRoutes: [
      { route: '10.2.0.0/16', forMs },
      { route: 'default', forMs },
    ],
    missingAddresses: [{ address: '10.0.0.2', forMs }],
    unresolvedNames: [{ name: 'db1', why: 'ENOTFOUND', forMs }],
    unreachablePeers: [{ peer: 'b1:22', why: 'timed out', forMs }],
    leases: [{ address: '10.0.0.2', remainingMs: 60_000, lifetimeMs: 3_600_000 }],
  });
});

test('network: this machine can be read, and its own loopback is reached', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const machines = [`127.0.0.1:${port}`, '127.0.0.1:1'];
  const seen = await look(networkSource({ routes: [], addresses: ['127.0.0.1'], names: ['localhost'], machines }));
  assert.deepEqual([seen.missingAddresses, seen.unresolvedNames], [[], []]);
  assert.deepEqual(
    seen.unreachablePeers.map(({ peer }) => peer),
    ['127.0.0.1:1'],
  );
  server.close();
});

test('TURN: an answer to our own question counts, and nothing else', async () => {
  const server = createSocket('udp4');
  let lies = false;
  server.on('message', (request, from) => {
    const answer = Buffer.from(request);
    answer.writeUInt16BE(0x0101, 0);
    if (lies) answer.fill(0, 8);
    server.send(answer, from.port, from.address);
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const source = turnSource([`turn:127.0.0.1:${server.address().port}?transport=udp`]);
  assert.deepEqual(
    (await look(source, 0)).map(({ failingForMs }) => failingForMs),
    [0],
  );
  lies = true;
  await look(source, 20_000);
  assert.deepEqual(
    (await look(source, 40_000)).map(({ failingForMs }) => failingForMs),
    [20_000],
  );
  server.close();
});

test('push gateways: any answer will do but a failure of their own', async () => {
  const source = pushSource([stub.url], sendRequest);
  stub.answer = { status: 405, body: '' };
  assert.equal((await look(source, 0))[0]?.why, undefined);
  stub.behaviour = 'refuses';
  assert.match((await look(source, 1))[0]?.why ?? '', /500/);
  stub.behaviour = 'takes';
});

const noServices = { bridgeMetrics: [], readProcessMetrics: () => [], expected: [], nowMs: () => 0, send: sendRequest };

test('bridges: any bridge can have canaries, by the documented metric', async () => {
  const label = '{bridge="telegram",direction="to_matrix"}';
  const body = `holdfast_canary_age_seconds${label} 95\nholdfast_canary_interval_seconds${label} 60\n`;
  stub.answer = { status: 200, body };
  const source = bridgesSource({ ...noServices, bridgeMetrics: [stub.url] });
  assert.deepEqual(await look(source), [
    {
      ...{ name: 'telegram', direction: 'to Matrix', canaryAgeMs: 95_000, oldestWaitingMs: 0, waiting: 0 },
      ...{ toldAfterMs: 67_000, allowedSilenceMs: 180_000 },
    },
  ]);
});

test('bridges: a service that takes everything and says nothing is silent to Matrix, by the last that any process heard', async () => {
  const heard = (instance: string, seconds: number) =>
    `holdfast_appservice_last_heard_timestamp_seconds{service="telegram",instance="${instance}"} ${seconds}\n`;
  let metrics = heard('hs1', 400) + heard('hs2', 700);
  const source = bridgesSource({
    ...{ ...noServices, expected: [{ service: 'telegram', within_minutes: 10 }], nowMs: () => 1_000_000 },
    readProcessMetrics: () => parseMetrics(metrics),
  });
  const seen = async (atMs: number) =>
    (await look(source, atMs)).map(({ direction, canaryAgeMs }) => [direction, canaryAgeMs]);
  assert.deepEqual(await seen(0), [['to Matrix', 300_000]]);
  metrics = '';
  assert.deepEqual(await seen(60_000), [['to Matrix', 0]], 'of processes that have just begun');
  assert.deepEqual(await seen(120_000), [['to Matrix', 60_000]]);
  const [silent] = await look(source, 120_000);
  assert.deepEqual([silent?.toldAfterMs, silent?.allowedSilenceMs], [600_000, 1_200_000]);
});

test('bridges: the canaries of one that does not answer grow older, and what waits there is not guessed', async () => {
  const source = bridgesSource({ ...noServices, bridgeMetrics: [stub.url] });
  const seen = async (atMs: number) =>
    (await look(source, atMs)).map(({ direction, canaryAgeMs = 0, waiting }) => {
      // A look takes some milliseconds.
      return [direction, Math.round(canaryAgeMs / 100) * 100, waiting];
    });
  stub.behaviour = 'refuses';
  assert.deepEqual(await seen(0), [], 'of a bridge that never answered nothing is known');
  stub.behaviour = 'takes';
  const body =
    'irc_bridge_canary_interval_seconds{network="libera",direction="matrix_to_irc"} 10\n' +
    'irc_bridge_canary_age_seconds{network="libera",direction="matrix_to_irc"} 20\n' +
    'irc_bridge_canary_age_seconds{network="libera",direction="irc_to_matrix"} 3\n' +
    'irc_bridge_waiting{direction="matrix_to_irc"} 7\n';
  stub.answer = { status: 200, body };
  assert.deepEqual(
    (await look(source, 500)).map(({ toldAfterMs }) => toldAfterMs),
    [17_000, undefined],
    'of one from which nothing has arrived yet nothing is said so early',
  );
  assert.deepEqual(await seen(1_000), [
    ['from Matrix', 20_000, 7],
    ['to Matrix', 3_000, 0],
  ]);
  stub.behaviour = 'refuses';
  assert.deepEqual(await seen(61_000), [
    ['from Matrix', 80_000, 0],
    ['to Matrix', 63_000, 0],
  ]);
  stub.behaviour = 'takes';
  assert.equal((await seen(62_000))[0]?.[1], 20_000);
});

test('a source that hangs or breaks costs its own deadline, is told as unseen, and the others are seen', async () => {
  const clock = makeManualClock();
  const hangs: Source<'turn'> = { name: 'turn', everyMs: 5_000, timeoutMs: 8_000, look: () => new Promise(() => {}) };
  const breaks: Source<'push'> = {
    ...{ name: 'push', everyMs: 5_000, timeoutMs: 8_000 },
    look: () => Promise.reject(new Error('broken')),
  };
  const well: Source<'bridges'> = { name: 'bridges', everyMs: 5_000, timeoutMs: 8_000, look: async () => [] };
  const tells: Source<'federation'> = {
    ...{ name: 'federation', everyMs: 5_000, timeoutMs: 8_000 },
    look: (deadline) => deadline.race(new Promise<never>(() => {})).catch(() => [] as never),
  };
  const watched = watchSources([hangs, breaks, well, tells] as Source[], {
    clock,
    log: silentLog,
    nowMs: () => clock.monotonicMs(),
  });
  // What answers at once has answered before the deadlines of the others are over.
  await new Promise(setImmediate);
  clock.advance(8_000);
  await new Promise(setImmediate);
  clock.advance(1_000);
  await watched.first;
  const { sources } = watched.read();
  assert.deepEqual(sources, {
    turn: { kind: 'failed', why: 'looking at turn took longer than 9000 ms', forMs: 9_000 },
    push: { kind: 'failed', why: 'broken', forMs: 9_000 },
    bridges: { kind: 'seen', value: [] },
    // What a source says when its own deadline is over is heard.
    federation: { kind: 'seen', value: [] },
  });
  await watched.close();
  // A value that nobody has renewed for long is none.
  clock.advance(60_000);
  assert.equal(watched.read().sources.bridges?.kind, 'failed');
});

test('PostgreSQL: a prepared transaction that nobody ends, and a slot of yesterday, are seen with their age', async () => {
  let changed: Record<string, unknown> = {};
  const source = postgresSource({
    ask: async (text) => {
      const [row] = await sql.unsafe<{ answer: object }[]>(text);
      return [{ answer: { ...row?.answer, ...changed } }];
    },
    ...{ replicas: [], onDatabaseTime: () => {}, onLogLimit: () => {} },
  });
  const { primary } = await look(source);
  assert.deepEqual([primary?.oldestPrepared, typeof primary?.multixactAge], [undefined, 'number']);
  const slot = { name: 'db2', active: false, status: null, safe: null, retained: 9 };
  changed = {
    prepared: { name: 'left behind', ageMs: 7 },
    slots: [
      { ...slot, idleMs: 90_000_000 },
      { ...slot, name: 'db3', active: true, idleMs: null },
    ],
  };
  const changedFacts = (await look(source)).primary;
  assert.deepEqual(changedFacts?.oldestPrepared, { name: 'left behind', ageMs: 7 });
  assert.deepEqual(
    changedFacts?.slots.map(({ inactiveForMs }) => inactiveForMs),
    [90_000_000, 0],
  );
});
