import { join } from 'node:path';
import { runServer } from './run-server.ts';

/** As `npm start` does. */
const startOptions = ['--max-semi-space-size=4', '--heap-growing-percent=30'];
const startEnvironment = { MALLOC_ARENA_MAX: '2', MALLOC_MMAP_THRESHOLD_: '65536', MALLOC_TRIM_THRESHOLD_: '65536' };
const program = join(import.meta.dirname, '..', '..', 'homeserver', 'holdfast.js');

export interface HoldfastSetting {
  /** Of its own: keys, media, output. */
  readonly folder: string;
  readonly port: number;
  readonly serverName: string;
  readonly databaseUrl: string;
  /** What else is configured, by environment variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** Starts Holdfast, one process, without rate limits, and waits until it answers. */
export async function runHoldfast({ folder, port, serverName, databaseUrl, env }: HoldfastSetting) {
  return await runServer({
    program: process.execPath,
    args: [...startOptions, program, 'start'],
    folder,
    port,
    env: {
      ...startEnvironment,
      HOLDFAST_DATA_DIR: folder,
      HOLDFAST_SERVER_NAME: serverName,
      HOLDFAST_HTTP_PORT: String(port),
      HOLDFAST_DATABASE_URL: databaseUrl,
      HOLDFAST_RATE_LIMITS_ENABLED: 'false',
      ...env,
    },
  });
}
