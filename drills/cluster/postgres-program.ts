/**
 * PostgreSQL for a drill, in a process of its own, so that it can be killed like any other: the one that Holdfast
 * carries, with its supervision, durable as in production. Prints its URL and the folder of its data as a line of JSON.
 *
 *   node drills/cluster/postgres-program.ts FOLDER [BACKUPS]
 *
 * With a folder for backups its logs are archived there.
 */
import { join } from 'node:path';
import process from 'node:process';
import { createLog } from '@holdfast/effects/create-log.ts';
import { startEmbeddedPostgres } from '@holdfast/homeserver/platform/embedded-postgres/start-embedded-postgres.ts';

const maxConnections = 200;
const reserveBytes = 16 * 1024 * 1024;

if (import.meta.main) {
  const [, , dataDir, backups] = process.argv;
  if (dataDir === undefined) throw new Error('which folder?');
  const postgres = await startEmbeddedPostgres({
    dataDir,
    log: createLog({ level: 'info', format: 'json' }),
    maxConnections,
    ...(backups !== undefined && { backup: { folder: backups, reserveBytes } }),
  });
  process.once('SIGTERM', () => {
    void postgres.stop().then(() => process.exit(0));
  });
  // Whoever reads it may end it at once.
  console.log(JSON.stringify({ url: postgres.url, dataFolder: join(dataDir, 'postgresql', 'data') }));
}
