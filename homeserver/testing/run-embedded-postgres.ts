/**
 * A program for tests that need an embedded PostgreSQL whose Holdfast can be killed:
 * `node run-embedded-postgres.ts <data folder>` prints one line of JSON when it runs, or when it did not start.
 */

import { startEmbeddedPostgres } from '../platform/embedded-postgres/start-embedded-postgres.ts';
import { silentLog } from '../platform/logging/log.ts';

try {
  const postgres = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '', log: silentLog });
  process.once('SIGTERM', () => void postgres.stop());
  console.log(JSON.stringify({ url: postgres.url, adopted: postgres.adopted, pid: postgres.readStatus().pid }));
} catch (error) {
  console.log(JSON.stringify({ error: (error as Error).message }));
}
