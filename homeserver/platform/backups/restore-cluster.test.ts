import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { findPlace, readAll } from '../../command-line/backup-commands.ts';
import { embeddedPostgresOptions } from '../../command-line/embedded-postgres-options.ts';
import { runCommandLine } from '../../command-line/run-command-line.ts';
import { collectOutput } from '../../testing/collect-output.ts';
import { makeTestFolder } from '../../testing/make-test-folder.ts';
import { loadConfig } from '../config/load-config.ts';
import { withConnection } from '../embedded-postgres/cluster-connection.ts';
import { findEmbeddedPostgres } from '../embedded-postgres/find-embedded-postgres.ts';
import { readCredentials } from '../embedded-postgres/initialize-cluster.ts';
import { preparePostgresBinaries } from '../embedded-postgres/prepare-postgres-binaries.ts';
import { startEmbeddedPostgres } from '../embedded-postgres/start-embedded-postgres.ts';
import { findFirstCommitMs } from './replay/first-commit.ts';
import { planReplay } from './replay/plan-replay.ts';
import { type RestoreRequest, restoreCluster } from './restore-cluster.ts';

/** By the database's clock, each after a row of the table was committed, which has a log of its own. */
const times: string[] = [];
let request: Omit<RestoreRequest, 'say' | 'signal'>;

/** A base backup and five logs behind it, some of them archived. */
before(async () => {
  const dataDir = await makeTestFolder();
  const { config } = loadConfig({ environment: {}, overrides: { data_dir: dataDir } });
  const postgres = await startEmbeddedPostgres(embeddedPostgresOptions(config, silentLog));
  try {
    await withConnection(postgres.url, (sql) => sql`CREATE TABLE kept (n int, filling text)`);
    assert.equal(await runCommandLine(['backup', 'now', '--data-dir', dataDir], collectOutput().output), 0);
    const found = await findEmbeddedPostgres(dataDir);
    for (let n = 0; n < 5; n++) {
      times.push(await withConnection(postgres.url, (sql) => insert(sql, n)));
      await withConnection(found?.superuserUrl ?? '', (sql) => sql`SELECT pg_switch_wal()`);
    }
  } finally {
    await postgres.stop();
  }
  const place = await findPlace(config);
  const { backups, logs } = await readAll(place);
  const [backup] = backups;
  const credentials = await readCredentials(place.home);
  if (!backup || !credentials) assert.fail('there is no backup');
  request = {
    ...{ place, backup, logs, credentials, clock: systemClock, timeline: undefined, targetTime: undefined },
    binaries: await preparePostgresBinaries(place.user, place.home),
    into: join(place.home, 'data.tried'),
    replaced: join(place.home, 'data'),
  };
});

async function insert(sql: Parameters<Parameters<typeof withConnection>[1]>[0], n: number): Promise<string> {
  // Over several pages, so that records go on behind the headers of pages.
  await sql`INSERT INTO kept SELECT ${n}, repeat(md5(i::text), 20) FROM generate_series(1, 100) AS i`;
  const [row] = await sql`SELECT clock_timestamp()::text AS now`;
  return row?.['now'] as string;
}

const unarchived = () => join(request.replaced ?? '', 'pg_wal');

test('the logs tell themselves how far a restore to a time has to go', async () => {
  const { backup, logs, timeline } = request;
  const plan = (targetMs: number | undefined) =>
    planReplay({ backup, logs, timeline, unarchived: unarchived(), targetMs });
  const whole = await plan(undefined);
  const ends = await Promise.all(times.map(async (time) => (await plan(Date.parse(time))).last));
  assert.deepEqual(
    ends.map((end) => end - (ends[0] ?? 0)),
    [0, 1, 2, 3, 4],
    'each time lies in the log behind the one before',
  );
  assert.ok(whole.last >= (ends.at(-1) ?? 0) && whole.first < (ends[0] ?? 0));
  const archived = await planReplay({
    ...{ backup, logs: logs.slice(0, -2), timeline, unarchived: undefined, targetMs: undefined },
  });
  assert.equal(archived.last, logs.at(-3)?.number);
});

test('the first commit of a log is told by the log, and nothing by what is none', async () => {
  const [first, second] = [times[0] ?? '', times[1] ?? ''];
  const seen: number[] = [];
  for (const { file } of request.logs) {
    const log = gunzipSync(await readFile(file));
    const committedMs = findFirstCommitMs(log);
    if (committedMs !== undefined) seen.push(committedMs);
    assert.equal(findFirstCommitMs(log.subarray(0, 100)), undefined);
  }
  assert.deepEqual(
    seen,
    seen.toSorted((a, b) => a - b),
  );
  assert.ok(seen.some((ms) => ms >= Date.parse(first) && ms <= Date.parse(second)));
  assert.equal(findFirstCommitMs(Buffer.alloc(16_384)), undefined);
  assert.equal(findFirstCommitMs(Buffer.alloc(16_384, 7)), undefined);
});

test('a restore says how many bytes are unpacked and how many logs there are to replay', async () => {
  const said: string[] = [];
  const fast = Object.assign(Object.create(systemClock), { monotonicMs: () => systemClock.monotonicMs() * 10_000 });
  const restored = await restoreCluster({
    ...{ ...request, clock: fast, signal: new AbortController().signal, targetTime: times[2] },
    say: (text) => said.push(text),
  });
  assert.equal(restored.rows, 300);
  assert.ok(said.some((text) => text.startsWith('reading: 100%, ')));
  const shares = said.flatMap((text) => /^unpacking: (\d+)%, \d+ of \d+ MiB, \d+ s left$/.exec(text)?.[1] ?? []);
  const percents = shares.map(Number);
  assert.ok(percents.length > 3, said.join('\n'));
  assert.deepEqual(
    percents,
    percents.toSorted((a, b) => a - b),
  );
  assert.ok((percents[0] ?? 100) < 50 && (percents.at(-1) ?? 0) <= 100);
  const { backup, logs, timeline } = request;
  const targetMs = Date.parse(times[2] ?? '');
  const plan = await planReplay({ backup, logs, timeline, unarchived: unarchived(), targetMs });
  assert.ok(said.includes(`replaying ${plan.last - plan.first + 1} logs`), said.join('\n'));
});

test('a restore that is cancelled leaves nothing behind, whatever it is at', async () => {
  for (const moment of ['unpacking ', 'replaying ', 'recovered ']) {
    const cancelling = new AbortController();
    const say = (text: string) => {
      if (text.startsWith(moment)) cancelling.abort(new Error('cancelled'));
    };
    await assert.rejects(restoreCluster({ ...request, signal: cancelling.signal, say }), /^Error: cancelled$/, moment);
    assert.ok(!(await readdir(request.place.home)).includes('data.tried'), moment);
  }
});
