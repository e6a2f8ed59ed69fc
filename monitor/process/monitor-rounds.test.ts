import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { type CreatedTestDatabase, createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import { type ManualClock, makeManualClock } from '@holdfast/homeserver/testing/make-manual-clock.ts';
import type { MonitorSettings } from '../configuration/monitor-settings.ts';
import type { SourceValues } from '../observations/observations.ts';
import { createMonitorTime } from '../platform/monitor-time.ts';
import { sendRequest } from '../platform/send-request.ts';
import type { MonitorState } from '../storage/monitor-state.ts';
import { openMonitorDatabase } from '../storage/open-monitor-database.ts';
import { countQueries } from '../testing/count-queries.ts';
import { observe } from '../testing/sound-observations.ts';
import { type StubProvider, startStubProvider } from '../testing/stub-provider.ts';
import { createPeopleServer } from './answer-people.ts';
import { buildWays } from './build-ways.ts';
import { openLeadership } from './leadership.ts';
import { MonitorRounds } from './monitor-rounds.ts';
import { describeStatus, publishStatus } from './publish-status.ts';
import { createReplyReader } from './read-chat-replies.ts';
import { recover } from './recover.ts';
import { serveStatus } from './serve-status.ts';
import { takeReplies } from './take-replies.ts';

let database: CreatedTestDatabase;
let stub: StubProvider;
let folder: string;
before(async () => {
  stub = await startStubProvider();
  stub.answer = { status: 200, body: 'ok' };
});
after(() => stub.close());
beforeEach(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-monitor-'));
  stub.behaviour = 'takes';
});
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  await database.drop();
  await rm(folder, { recursive: true });
});

interface TestMonitor {
  readonly rounds: MonitorRounds;
  readonly clock: ManualClock;
  readonly server: ReturnType<typeof createPeopleServer>;
  readonly recoveries: string[];
  readonly beats: { count: number };
  values: Partial<SourceValues>;
  /** Rounds of five seconds. */
  pass(seconds: number): Promise<void>;
}

type Also = Pick<Required<MonitorSettings['paging']>, 'notifiers' | 'team'>;

function settingsFor(name: string, also: Also = { notifiers: {}, team: [] }): MonitorSettings {
  return {
    ...{ server_name: 'example.org', homeserver_url: 'http://127.0.0.1:9', database_url: database.url },
    ...{ is_database_embedded: true, volumes: [], expected_activity: [] },
    ...{ data_dir: join(folder, name), media_dir: folder, registration_folder: folder, bind: '127.0.0.1', port: 8009 },
    ...{ processes: [], peers: [], routes: [], addresses: [], names: [], machines: [], certificates: [], turn: [] },
    ...{
      push_gateways: [],
      bridge_metrics: [],
      replicas: [],
      patroni: [],
      etcd: [],
      status_folder: join(folder, 'status'),
      reserve_bytes: 0,
    },
    paging: {
      notifiers: { hook: { kind: 'webhook' }, ...also.notifiers },
      people: {
        anna: { reach: [{ notifier: 'hook', address: `${stub.url}/anna` }] },
        ben: { reach: [{ notifier: 'hook', address: `${stub.url}/ben` }] },
      },
      team: [{ notifier: 'hook', address: `${stub.url}/team` }, ...also.team],
    },
  };
}

/** A monitor whose sources say what the test wants; everything else of it is real. */
function makeMonitor(name: string, url = database.url, also?: Also): TestMonitor {
  const settings = settingsFor(name, also);
  const clock = makeManualClock();
  // Time is the test's: the database's clock says something else.
  const time = { ...createMonitorTime(clock), correct() {} };
  const sql = openMonitorDatabase(url);
  closers.push(() => sql.end({ timeout: 1 }));
  const stateFile = join(settings.data_dir, 'monitor', 'state.json');
  // Waiting is real, so that a database that is away is found to be.
  const leadership = openLeadership(
    { sql, stateFile, ownName: name, peers: [], send: sendRequest, clock, time, log: silentLog },
    'secret',
  );
  const beats = { count: 0 };
  const folderOf = settings.status_folder;
  const describe = (state: MonitorState) => describeStatus('example.org', state, observe(time.nowMs(), monitor.values));
  const monitor: TestMonitor = {
    ...{ clock, beats, values: {}, recoveries: [] },
    rounds: new MonitorRounds({
      ...{
        settings,
        clock,
        time,
        log: silentLog,
        leadership,
        ways: buildWays(settings.paging, { send: sendRequest, clock }),
      },
      sources: { read: () => observe(time.nowMs(), monitor.values), first: Promise.resolve(), close: async () => {} },
      readSecret: () => leadership.secret,
      beat: async () => void (beats.count += 1),
      recover: (recovery) => {
        monitor.recoveries.push(recovery.kind);
        return recover(recovery, { sql, reserve: undefined, dropSlotsOverBytes: undefined, log: silentLog });
      },
      readReserve: async () => undefined,
      readReplies: createReplyReader(settings.paging, { send: sendRequest, clock, log: silentLog }),
      publish: (state) => publishStatus({ sql, ownName: name, folder: folderOf }, describe(state)),
    }),
    server: createPeopleServer({
      ...{ ownName: name, isLeader: () => leadership.isLeader, readSecret: () => leadership.secret },
      readState: () => monitor.rounds.state,
      readWallMs: () => clock.wallMs(),
      acknowledge: (incident, person) => monitor.rounds.acknowledge(incident, person),
    }),
    async pass(seconds) {
      for (let passed = 0; passed < seconds; passed += 5) {
        clock.advance(5_000);
        await monitor.rounds.round();
      }
    },
  };
  takeReplies(monitor.server, {
    ...{ settings, readSecret: () => leadership.secret, readState: () => monitor.rounds.state },
    acknowledge: (incident, person, how) => monitor.rounds.acknowledge(incident, person, how),
  });
  serveStatus(monitor.server, () => (leadership.isLeader ? describe(monitor.rounds.state) : undefined));
  closers.push(() => monitor.server.close());
  return monitor;
}

interface Told {
  readonly path: string;
  readonly kind: string;
  readonly acknowledge_url?: string;
}

const told = (): Told[] => stub.received.map(({ path, body }) => ({ path, ...(JSON.parse(body) as object) }) as Told);
/** Resolves when so many messages have come to the path. */
async function untilTold(path: string, count: number): Promise<Told[]> {
  for (;;) {
    const found = told().filter((each) => each.path === path);
    if (found.length >= count) return found;
    await stub.next();
  }
}
const acknowledgements = ({ rounds }: TestMonitor) =>
  rounds.state.escalations.map(({ acknowledgement }) => acknowledgement?.by);
const ids = ({ rounds }: TestMonitor) => rounds.state.decision.incidents.map(({ id }) => id);
const down: Partial<SourceValues> = { postgres: { silentForMs: 60_000, why: 'refused' } };

test('a fault is named and paged, a person takes it by the link, and its end is told, with all of it on the status page', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(10);
  monitor.values = down;
  const before = told().length;
  await monitor.pass(30);
  const [page] = (await untilTold('/anna', 1)).slice(-1);
  assert.equal(page?.kind, 'page');
  assert.ok(told().length > before);
  const link = new URL(page?.acknowledge_url ?? '').pathname;
  const looked = await monitor.server.inject({ method: 'GET', url: link });
  assert.match(looked.body, /no primary has answered.*<button>I take it \(anna\)/s);
  // Looking takes nothing: programs that show previews look too.
  assert.deepEqual(acknowledgements(monitor), [undefined]);
  const taken = await monitor.server.inject({ method: 'POST', url: link });
  assert.equal(taken.statusCode, 200);
  assert.deepEqual(acknowledgements(monitor), ['anna']);
  await monitor.pass(600);
  assert.deepEqual(
    told().filter(({ path }) => path === '/ben'),
    [],
  );
  const status = await readFile(join(folder, 'status', 'index.html'), 'utf8');
  assert.match(status, /example\.org: Disturbed.*Messages.*Does not work/s);
  const served = await monitor.server.inject({ method: 'GET', url: '/status/' });
  assert.match(served.body, /example\.org: Disturbed/);
  assert.match(String(served.headers['content-security-policy']), /^default-src 'none'; style-src 'sha256-/);
  assert.equal((await monitor.server.inject({ method: 'GET', url: '/status' })).headers.location, '/status/');
  monitor.values = {};
  await monitor.pass(60);
  assert.equal((await untilTold('/anna', 2)).at(-1)?.kind, 'all-clear');
  assert.match(await readFile(join(folder, 'status', 'index.html'), 'utf8'), /All is well/);
  assert.match(await readFile(join(folder, 'status', 'feed.atom'), 'utf8'), /<entry>.*The database is down/);
  // The homeserver hands out the same, from the database.
  const sql = openMonitorDatabase(database.url);
  closers.push(() => sql.end({ timeout: 1 }));
  const [stored] = await sql`SELECT html, feed, facts FROM status_page`;
  assert.match(stored?.['html'], /example\.org: All is well.*The database is down/s);
  assert.match(stored?.['feed'], /<entry>.*The database is down/);
  assert.equal(JSON.parse(stored?.['facts']).verdict, 'All is well');
  const kinds = monitor.rounds.state.timeline.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['opened', 'told', 'acknowledged', 'closed', 'told']);
  assert.equal((await monitor.server.inject({ method: 'POST', url: link })).statusCode, 404);
});

test('Alertmanager is told of what is open for as long as it is, and PagerDuty that somebody took it', async () => {
  const monitor = makeMonitor('a', database.url, {
    notifiers: { prometheus: { kind: 'alertmanager' }, duty: { kind: 'pagerduty', url: stub.url } },
    team: [
      { notifier: 'prometheus', address: `${stub.url}/am` },
      { notifier: 'duty', address: 'routing-key' },
    ],
  });
  const received = (path: string) =>
    stub.received.filter((each) => each.path === path).map(({ body }) => JSON.parse(body) as unknown);
  const toDuty = () => received('/v2/enqueue') as { event_action: string; dedup_key: string }[];
  const posted = () => received('/am/api/v2/alerts') as { labels: { incident: string }; endsAt: string }[][];
  await monitor.pass(10);
  monitor.values = down;
  await monitor.pass(30);
  const [incident = ''] = ids(monitor);
  await untilTold('/am/api/v2/alerts', 1);
  await monitor.rounds.acknowledge(incident, 'anna');
  while (toDuty().at(-1)?.event_action !== 'acknowledge') await stub.next();
  assert.equal(toDuty().at(-1)?.dedup_key, incident);
  // Nobody is called any more, and it is open still.
  const before = posted().length;
  await monitor.pass(900);
  await untilTold('/am/api/v2/alerts', before + 3);
  for (const [alert] of posted()) assert.equal(alert?.labels.incident, incident);
  const repetitions = posted().length;
  monitor.values = {};
  await monitor.pass(60);
  await untilTold('/am/api/v2/alerts', repetitions + 1);
  await monitor.pass(900);
  assert.equal(posted().length, repetitions + 1, 'what is over is not said again');
});

test('nobody answers: the second person is paged within five minutes of the fault', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(10);
  const before = told().filter(({ path }) => path === '/ben').length;
  monitor.values = down;
  await monitor.pass(295);
  const calls = await untilTold('/ben', before + 1);
  assert.equal(calls.at(-1)?.kind, 'page');
});

test('of two monitors one pages; when it is gone the other one goes on with the same incident', async () => {
  const [one, two] = [makeMonitor('one'), makeMonitor('two')];
  await one.pass(5);
  await two.pass(5);
  one.values = down;
  two.values = down;
  await one.pass(30);
  await two.pass(30);
  const [incident = ''] = ids(one);
  assert.deepEqual(ids(two), []);
  // The first one is frozen, and its lease runs out.
  const sql = openMonitorDatabase(database.url);
  closers.push(() => sql.end({ timeout: 1 }));
  await sql`UPDATE lease SET until = clock_timestamp() - interval '1 second'`;
  await two.pass(5);
  assert.deepEqual(ids(two), [incident]);
  assert.equal(two.rounds.state.escalations[0]?.sent, one.rounds.state.escalations[0]?.sent);
  // Thawed, it finds that it is not the one any more.
  await one.pass(5);
  assert.equal(await one.rounds.acknowledge(incident, 'anna'), false);
});

test('what administrators ask for in the console is done in the next round: taking, silencing, noting', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(10);
  const sql = openMonitorDatabase(database.url);
  closers.push(() => sql.end({ timeout: 1 }));
  const ask = (request: object) =>
    sql`INSERT INTO operator_request (content) VALUES (${JSON.stringify({ by: '@op:example.org', ...request })})`;
  await ask({ kind: 'silence', rules: ['database-down', 'log-hole'], duration_ms: 60_000, reason: 'upgrade' });
  await ask({ kind: 'nonsense' });
  await monitor.pass(5);
  // What means that data is being lost is not among what was silenced.
  assert.deepEqual(
    monitor.rounds.state.silences.map(({ rules, by }) => [rules, by]),
    [[['database-down'], '@op:example.org']],
  );
  monitor.values = down;
  const before = told().filter(({ path }) => path === '/anna').length;
  await monitor.pass(40);
  assert.equal(told().filter(({ path }) => path === '/anna').length, before);
  assert.deepEqual(monitor.rounds.state.escalations, []);
  const [silence] = monitor.rounds.state.silences;
  await ask({ kind: 'end-silence', id: silence?.id });
  await monitor.pass(20);
  await untilTold('/anna', before + 1);
  const [incident = ''] = ids(monitor);
  await ask({ kind: 'note', incident, text: 'A disk is being replaced' });
  await ask({ kind: 'acknowledge', incident });
  await monitor.pass(5);
  assert.deepEqual(acknowledgements(monitor), ['@op:example.org']);
  const kinds = monitor.rounds.state.timeline.map(({ kind }) => kind);
  assert.deepEqual(kinds, ['silenced', 'opened', 'silenced', 'told', 'noted', 'acknowledged']);
  const status = await readFile(join(folder, 'status', 'index.html'), 'utf8');
  assert.match(status, /A disk is being replaced/);
  assert.doesNotMatch(status, /@op/);
  assert.deepEqual(monitor.rounds.state.duty.order, ['anna', 'ben']);
});

test('at rest a round asks the database twice, and the state is stored once a minute', async () => {
  const counter = await countQueries(database.url);
  closers.push(() => counter.close());
  const monitor = makeMonitor('a', counter.url);
  await monitor.pass(10);
  for (let minute = 0; minute < 2; minute++) {
    const before = counter.read();
    await monitor.pass(60);
    const count = counter.read() - before;
    assert.ok(count >= 12 * 2 && count <= 12 * 2 + 2, `${count} in 12 rounds`);
  }
});

test('planned maintenance calls nobody while it lasts, and calls when what it broke is broken still', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(10);
  const sql = openMonitorDatabase(database.url);
  closers.push(() => sql.end({ timeout: 1 }));
  const { savedMs, silenceable } = monitor.rounds.state;
  assert.ok(silenceable.includes('database-down') && !silenceable.includes('message-lost'));
  const wanted = { kind: 'plan-maintenance', by: '@op:example.org', rules: ['database-down'], reason: 'upgrade' };
  const span = { from_ms: savedMs + 20_000, to_ms: savedMs + 120_000 };
  await sql`INSERT INTO operator_request (content) VALUES (${JSON.stringify({ ...wanted, ...span })})`;
  const before = told().filter(({ path }) => path === '/anna').length;
  await monitor.pass(20);
  monitor.values = down;
  await monitor.pass(70);
  assert.deepEqual([ids(monitor).length, monitor.rounds.state.escalations], [1, []]);
  assert.equal(told().filter(({ path }) => path === '/anna').length, before);
  await monitor.pass(40);
  await untilTold('/anna', before + 1);
});

test('who stands in because an administrator said so is called first, also by another monitor, until it ends', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(10);
  const sql = openMonitorDatabase(database.url);
  closers.push(() => sql.end({ timeout: 1 }));
  const ask = (request: object) =>
    sql`INSERT INTO operator_request (content) VALUES (${JSON.stringify({ by: '@op:example.org', ...request })})`;
  const { savedMs } = monitor.rounds.state;
  const span = { from_ms: savedMs - 60_000, to_ms: savedMs + 3_600_000 };
  await ask({ kind: 'override', person: 'ben', ...span });
  await ask({ kind: 'override', person: 'nobody', ...span });
  await monitor.pass(5);
  const { state } = monitor.rounds;
  assert.deepEqual(state.duty.order, ['ben', 'anna']);
  assert.deepEqual([state.duty.shifts[0]?.person, state.duty.shifts[1]?.person], ['ben', 'anna']);
  assert.deepEqual(
    state.overrides.map(({ person, by }) => [person, by]),
    [['ben', '@op:example.org']],
  );
  const rostered = state.timeline.filter(({ kind }) => kind === 'rostered').map(({ text }) => text);
  assert.match(rostered[0] ?? '', /^ben stands in from .* until .*, by @op:example.org$/);
  assert.match(rostered[1] ?? '', /cannot let nobody stand in: nobody is called nobody/);
  const before = told().filter(({ path }) => path === '/ben').length;
  monitor.values = down;
  await monitor.pass(20);
  await untilTold('/ben', before + 1);
  await ask({ kind: 'end-override', id: state.overrides[0]?.id });
  await monitor.pass(5);
  assert.deepEqual(monitor.rounds.state.duty.order, ['anna', 'ben']);
});

test('without a database a monitor that is alone pages all the same, and remembers on disk', async () => {
  const nowhere = 'postgres://nobody:none@127.0.0.1:1/none';
  const monitor = makeMonitor('alone', nowhere);
  monitor.values = down;
  const before = told().filter(({ path }) => path === '/anna').length;
  await monitor.pass(30);
  await untilTold('/anna', before + 1);
  const again = makeMonitor('alone', nowhere);
  await again.pass(5);
  assert.deepEqual(ids(again), ids(monitor));
});

test('the outside switch is called while rounds come to their end, and links of others are refused', async () => {
  const monitor = makeMonitor('a');
  await monitor.pass(120);
  assert.ok(monitor.beats.count >= 3 && monitor.beats.count <= 5, String(monitor.beats.count));
  const refused = await monitor.server.inject({ method: 'POST', url: '/acknowledge/a/b/c' });
  assert.equal(refused.statusCode, 403);
  assert.equal((await monitor.server.inject({ method: 'GET', url: '/alerts/../../package.json' })).statusCode, 404);
  assert.deepEqual((await monitor.server.inject({ method: 'GET', url: '/leader' })).json(), {
    ...{ name: 'a', isLeader: true, wallMs: monitor.clock.wallMs() },
  });
});
