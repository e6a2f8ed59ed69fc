import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Log, silentLog } from '@holdfast/effects/log.ts';
import { loadConfig } from '../platform/config/load-config.ts';
import type { Context } from '../platform/context.ts';
import { type StartedHomeserver, startHomeserver } from '../processes/start-homeserver.ts';
import type { NameResolver } from '../remote-servers/discovery/name-resolver.ts';
import { createTestDatabase } from './create-test-database.ts';

export interface TestHomeserverOptions {
  /** Settings by file key, such as `{ 'registration.mode': 'token' }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly log?: Log;
  /** Takes the place of the DNS. */
  readonly nameResolver?: NameResolver;
  /** Called with each process that was started, before it is used. */
  onStart?(homeserver: StartedHomeserver): void;
}

export interface TestHomeserver {
  /** Of the first process, without a slash at the end. */
  readonly baseUrl: string;
  readonly context: Context;
  readonly databaseUrl: string;
  /** Starts a further process over the same database; it ends with `stop`. */
  startProcess(config?: Readonly<Record<string, unknown>>): Promise<StartedHomeserver>;
  /** Stops the first process and starts another one on its port and database, after `whileDown`. */
  restart(whileDown?: () => Promise<unknown>): Promise<StartedHomeserver>;
  stop(): Promise<void>;
}

/** A whole homeserver on 127.0.0.1 over a fresh database: named `test.example`, open registration, no rate limits. */
export async function startTestHomeserver(options: TestHomeserverOptions = {}): Promise<TestHomeserver> {
  const database = await createTestDatabase();
  const dataDir = await mkdtemp(join(tmpdir(), 'holdfast-homeserver-'));
  const started: StartedHomeserver[] = [];
  const startProcess = async (config: Readonly<Record<string, unknown>> = {}) => {
    const overrides = {
      data_dir: dataDir,
      'database.pool_size': 4,
      server_name: 'test.example',
      'federation.key_servers': [],
      'http.port': 0,
      'registration.mode': 'open',
      'rate_limits.enabled': false,
      // The cheapest that Argon2id takes: tests make many accounts.
      'password.memory_kib': 1024,
      'password.iterations': 1,
      ...options.config,
      ...config,
    };
    const { config: loaded } = loadConfig({ environment: {}, overrides });
    const log = options.log ?? silentLog;
    const { nameResolver, onStart } = options;
    const databaseUrl = database.url;
    const process = await startHomeserver({ config: loaded, databaseUrl, log, ...(nameResolver && { nameResolver }) });
    onStart?.(process);
    started.push(process);
    return process;
  };
  const first = await startProcess();
  return {
    baseUrl: first.url,
    context: first.context,
    databaseUrl: database.url,
    startProcess,
    async restart(whileDown) {
      await started[0]?.stop();
      started.shift();
      await whileDown?.();
      const process = await startProcess({ 'http.port': Number(new URL(first.url).port) });
      started.unshift(process);
      started.pop();
      return process;
    },
    async stop() {
      await Promise.all(started.map((process) => process.stop()));
      await database.drop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
