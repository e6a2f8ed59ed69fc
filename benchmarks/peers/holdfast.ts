import { spawn } from 'node:child_process';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { endProcess, findFreePort, type Peer, waitUntilAnswering } from './peer.ts';

const registrationSecret = 'bench-registration-secret';
const program = join(import.meta.dirname, '..', '..', 'homeserver', 'holdfast.ts');

/** Holdfast itself, one process over the given database. */
export const holdfast: Peer = {
  name: 'holdfast',
  async start(options) {
    mkdirSync(options.dataFolder, { recursive: true });
    const port = await findFreePort();
    const logPath = join(options.dataFolder, 'holdfast.log');
    const log = openSync(logPath, 'a');
    const startedMs = performance.now();
    const child = spawn(process.execPath, [program, 'start'], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        HOLDFAST_DATA_DIR: options.dataFolder,
        HOLDFAST_SERVER_NAME: options.serverName,
        HOLDFAST_HTTP_PORT: String(port),
        HOLDFAST_DATABASE_URL: options.databaseUrl,
        HOLDFAST_REGISTRATION_SHARED_SECRET: registrationSecret,
        HOLDFAST_RATE_LIMITS_ENABLED: 'false',
      },
    });
    const baseUrl = `http://127.0.0.1:${port}`;
    try {
      await waitUntilAnswering(`${baseUrl}/_matrix/client/versions`, child, () => readFileSync(logPath, 'utf8'));
    } catch (error) {
      await endProcess(child);
      throw error;
    }
    return {
      baseUrl,
      pid: child.pid as number,
      databaseUrl: options.databaseUrl,
      registrationSecret,
      version: `Holdfast on Node ${process.version}`,
      startMs: performance.now() - startedMs,
      stop: () => endProcess(child),
    };
  },
};
