import { join } from 'node:path';
import type { Peer } from './peer.ts';
import { findFreePort, runServer } from './run-server.ts';

const registrationSecret = 'bench-registration-secret';
/** As `npm start` does. */
const startOptions = ['--max-semi-space-size=8', '--heap-growing-percent=30'];
const startEnvironment = { MALLOC_ARENA_MAX: '2' };
const program = join(import.meta.dirname, '..', '..', 'homeserver', 'holdfast.js');

/** Holdfast itself, one process over the given database. */
export const holdfast: Peer = {
  name: 'holdfast',
  async start(options) {
    const port = await findFreePort();
    const running = await runServer({
      program: process.execPath,
      args: [...startOptions, program, 'start'],
      folder: options.dataFolder,
      port,
      env: {
        ...startEnvironment,
        HOLDFAST_DATA_DIR: options.dataFolder,
        HOLDFAST_SERVER_NAME: options.serverName,
        HOLDFAST_HTTP_PORT: String(port),
        HOLDFAST_DATABASE_URL: options.databaseUrl,
        HOLDFAST_REGISTRATION_SHARED_SECRET: registrationSecret,
        HOLDFAST_RATE_LIMITS_ENABLED: 'false',
      },
    });
    const version = `Holdfast on Node ${process.version}`;
    return { ...running, databaseUrl: options.databaseUrl, registrationSecret, version };
  },
};
