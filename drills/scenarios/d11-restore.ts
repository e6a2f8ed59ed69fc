import { execFile } from 'node:child_process';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { findEmbeddedPostgres } from '@holdfast/homeserver/platform/embedded-postgres/find-embedded-postgres.ts';
import type { Attempt } from '../checker/history.ts';
import { HomeserverProcess } from '../cluster/homeserver-process.ts';
import { type Finding, finding, noneOf } from '../drill.ts';
import { type DrillFiles, keepFiles } from '../load/drill-files.ts';
import { type Population, populate } from '../load/populate.ts';
import { observeRoom } from '../load/read-room.ts';
import { type Load, startLoad } from '../load/send-load.ts';

const holdfast = fileURLToPath(new URL('../../homeserver/holdfast.js', import.meta.url));
const serverName = 'drill.test';
const commandTimeoutMs = 300_000;
const archiveDeadlineMs = 60_000;
/** New media are looked for once a minute. */
const mediaDeadlineMs = 180_000;
const file = { count: 10, sizeBytes: 200_000 };
const sizes = {
  short: { eventsPerSecond: 150, phaseMs: 3_000 },
  long: { eventsPerSecond: 600, phaseMs: 25_000 },
};

interface Restore {
  readonly folder: string;
  readonly server: HomeserverProcess;
  readonly environment: Readonly<Record<string, string>>;
  say(text: string): void;
}

/**
 * D11. One Holdfast as it comes, with its own PostgreSQL and its backups in another folder. In the middle of the load its
 * disk is lost, with the files that people sent. It is restored to a point in time, and then as far as the archived logs go.
 */
export const restoreDrill = {
  name: 'd11',
  fault: "lose the database's folder and the media under load, and restore it from the backups",
  async run({ folder, short }: { readonly folder: string; readonly short: boolean }): Promise<Finding[]> {
    const startedMs = performance.now();
    const say = (text: string) =>
      console.log(`  ${((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)} s  ${text}`);
    const [dataDir, backups] = [join(folder, 'data'), join(folder, 'backups')];
    for (const each of [dataDir, backups]) await mkdir(each, { mode: 0o711 });
    const environment = {
      ...{ HOLDFAST_DATA_DIR: dataDir, HOLDFAST_BACKUP_FOLDER: backups, HOLDFAST_SERVER_NAME: serverName },
      ...{ HOLDFAST_REGISTRATION_MODE: 'open', HOLDFAST_RATE_LIMITS_ENABLED: 'false', HOLDFAST_LOG_FORMAT: 'json' },
      ...{ HOLDFAST_PASSWORD_MEMORY_KIB: '1024', HOLDFAST_PASSWORD_ITERATIONS: '1' },
    };
    const logFile = join(folder, 'server.log');
    const server = await HomeserverProcess.start({ name: 'server', environment, logFile });
    try {
      return await runOn({ folder, server, environment, say }, short ? sizes.short : sizes.long);
    } finally {
      await server.stop();
      await endPostgres(dataDir);
    }
  },
};

async function runOn(restore: Restore, { eventsPerSecond, phaseMs }: (typeof sizes)['short']): Promise<Finding[]> {
  const { server, say, folder } = restore;
  const [dataDir, backups] = [join(folder, 'data'), join(folder, 'backups')];
  const baseUrls = [server.baseUrl];
  const population = await populate({ baseUrls, rooms: 4, sendersPerRoom: 3, readers: 1, enough: async () => true });
  const load = startLoad({ baseUrls, rooms: population.rooms, eventsPerSecond });
  await wait(phaseMs);
  const [reader] = population.readers;
  if (!reader) throw new Error('there is no reader');
  const files = keepFiles(reader, server.baseUrl);
  await files.upload(file.count, file.sizeBytes);
  say('a base backup is made under load');
  const made = await runCommand(restore, ['backup', 'now']);
  say(made.trim().replaceAll('\n', '; '));
  const later = await files.upload(file.count, file.sizeBytes);
  await wait(phaseMs);
  const target = { time: new Date(), atMs: performance.now() };
  say(`the point in time is ${target.time.toISOString()}`);
  await wait(phaseMs);
  await waitForMedia(backups, later);
  say(`${files.count} files are in the backup, half of them since the base backup`);
  const archivedMs = await archiveAll(dataDir, backups);
  say('all that was acknowledged until now is archived; a little more is sent, and then the disk is lost');
  await wait(1_000);
  const stopping = load.stop();
  await Promise.all([server.kill(), killPostgres(dataDir)]);
  // Whoever still asks for what was not answered would ask the restored server.
  await stopping;
  for (const lost of ['postgresql', 'media']) await rm(join(dataDir, lost), { recursive: true, force: true });
  const back = await restoreAndRead(restore, population, files, ['--to', target.time.toISOString()]);
  await rm(join(dataDir, 'media'), { recursive: true, force: true });
  const all = await restoreAndRead(restore, population, files, ['--to', 'latest', '--timeline', '1']);
  return [
    ...judgeTarget(load, back.bodies, target.atMs),
    ...judgeLatest(load, all.bodies, archivedMs),
    finding('files that were sent before the loss', files.count, 'at least 1', files.count > 0),
    noneOf('of them lost, or with other bytes, after either restore', back.lostFiles.length + all.lostFiles.length),
  ];
}

/** Puts the database back and reads every room of it through the homeserver, in order. */
async function restoreAndRead(
  restore: Restore,
  { rooms, readers }: Population,
  files: DrillFiles,
  options: readonly string[],
): Promise<{ readonly bodies: string[]; readonly lostFiles: string[] }> {
  const { server, say } = restore;
  say(`restoring: ${options.join(' ')}`);
  const startMs = performance.now();
  const printed = await runCommand(restore, ['restore', ...options], `${serverName}\n`);
  for (const line of printed.trim().split('\n')) say(`  ${line}`);
  say(`restored after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
  await server.start();
  const bodies: string[] = [];
  for (const { roomId } of rooms) {
    const [reader] = readers;
    if (!reader) throw new Error('there is no reader');
    const { events } = await observeRoom('restored', server.baseUrl, roomId, reader);
    bodies.push(...events.map(({ body }) => body));
  }
  const lostFiles = await files.findLost();
  await server.stop();
  say(`${bodies.length} messages are there, and ${files.count - lostFiles.length} of ${files.count} files`);
  for (const each of lostFiles.slice(0, 5)) say(`  ${each}`);
  return { bodies, lostFiles };
}

function judgeTarget(load: Load, present: readonly string[], targetMs: number): Finding[] {
  const known = new Set(present);
  const before = load.attempts.filter(({ told }) => told.kind === 'acknowledged' && told.atMs < targetMs);
  const after = [...load.firstAskedMs].filter(([, askedMs]) => askedMs > targetMs).map(([body]) => body);
  return [
    finding('to a point in time: acknowledged before it', before.length, 'at least 1', before.length > 0),
    noneOf('of them lost', countMissing(before, known)),
    noneOf('asked for after it, and there all the same', after.filter((body) => known.has(body)).length),
    noneOf('messages that are there twice', present.length - known.size),
  ];
}

function judgeLatest(load: Load, present: readonly string[], archivedMs: number): Finding[] {
  const known = new Set(present);
  const acknowledged = load.attempts.filter(({ told }) => told.kind === 'acknowledged');
  const archived = acknowledged.filter(({ told }) => told.kind === 'acknowledged' && told.atMs < archivedMs);
  const unknown = present.filter((body) => !load.firstAskedMs.has(body)).length;
  return [
    finding('as far as the logs go: acknowledged until the last one was archived', archived.length, '', true),
    noneOf('of them lost', countMissing(archived, known)),
    finding('acknowledged later, and lost with the disk', countMissing(acknowledged, known), 'not judged', true),
    noneOf('messages twice, or that nobody sent', present.length - known.size + unknown),
  ];
}

function countMissing(attempts: readonly Attempt[], present: ReadonlySet<string>): number {
  return attempts.filter(({ body }) => !present.has(body)).length;
}

/** Waits until the backups have contents, by their SHA-256. */
async function waitForMedia(backups: string, hashes: readonly string[]): Promise<void> {
  const beganMs = performance.now();
  for (const hash of hashes) {
    const path = join(backups, 'media', 'content', hash.slice(0, 2), hash.slice(2, 4), hash);
    while (!(await stat(path).catch(() => undefined))) {
      if (performance.now() - beganMs > mediaDeadlineMs) throw new Error(`the file ${hash} was not backed up`);
      await wait(200);
    }
  }
}

/** Has PostgreSQL finish the log that it writes to, and waits until that is archived. Gives when it was begun. */
async function archiveAll(dataDir: string, backups: string): Promise<number> {
  const found = await findEmbeddedPostgres(dataDir);
  if (!found) throw new Error('there is no database');
  const beganMs = performance.now();
  const name = await withConnection(found.superuserUrl, async (sql) => {
    const [row] = await sql`SELECT system_identifier::text || '/' || pg_walfile_name(pg_switch_wal()) AS name
      FROM pg_control_system()`;
    return row?.['name'] as string;
  });
  while (!(await stat(join(backups, 'wal', `${name}.gz`)).catch(() => undefined))) {
    if (performance.now() - beganMs > archiveDeadlineMs) throw new Error(`${name} was not archived`);
    await wait(50);
  }
  return beganMs;
}

async function killPostgres(dataDir: string): Promise<void> {
  const pid = (await findEmbeddedPostgres(dataDir))?.pid;
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

/** A server that was killed leaves its PostgreSQL running. */
async function endPostgres(dataDir: string): Promise<void> {
  const pid = (await findEmbeddedPostgres(dataDir).catch(() => undefined))?.pid;
  if (pid !== undefined) process.kill(pid, 'SIGQUIT');
}

async function runCommand({ environment }: Restore, args: readonly string[], typed = ''): Promise<string> {
  const running = promisify(execFile)(process.execPath, [holdfast, ...args], {
    env: { ...process.env, ...environment },
    timeout: commandTimeoutMs,
  });
  running.child.stdin?.end(typed);
  return (await running).stdout;
}
