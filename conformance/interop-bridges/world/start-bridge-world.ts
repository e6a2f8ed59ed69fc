import { copyFile, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { runHoldfast } from '@holdfast/benchmarks/peers/run-holdfast.ts';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { startPostgres } from '@holdfast/benchmarks/peers/start-postgres.ts';
import { stopOnInterrupt } from '@holdfast/benchmarks/peers/stop-on-interrupt.ts';
import { registerUser, request, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { until } from '../../interop/call-and-wait.ts';

/** Bridges, and what waits for them, are slow on a busy machine. */
export const patienceMs = 60_000;

/** Holdfast as somebody runs it who adds a bridge. */
export interface BridgeWorld {
  readonly baseUrl: string;
  readonly serverName: string;
  /** A folder of this run, for a bridge's files. */
  folderOf(bridge: string): string;
  /** Where packages are installed, and stay. */
  readonly scratch: string;
  /** Puts a registration file into the folder of registrations, and waits until its token is known. */
  register(file: string, asToken: string): Promise<void>;
  makeUser(beginning: string): Promise<TestUser>;
  /** Ends the homeserver as an operator does, and starts it again at the same address. */
  restartHomeserver(whileDown?: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

export async function startBridgeWorld(folders: {
  readonly run: string;
  readonly scratch: string;
}): Promise<BridgeWorld> {
  const closers: (() => Promise<void>)[] = [];
  const stop = stopOnInterrupt(async () => {
    for (const close of closers.toReversed()) {
      await close().catch((error: unknown) => process.stderr.write(`${inspect(error)}\n`));
    }
  });
  const dataFolder = join(folders.run, 'homeserver');
  const registrations = join(dataFolder, 'appservices');
  await mkdir(registrations, { recursive: true });
  try {
    const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
    closers.push(() => postgres.stop());
    const databaseUrl = await postgres.createDatabase('interop_bridges');
    closers.push(() => postgres.dropDatabase('interop_bridges'));
    const port = await findFreePort();
    const serverName = `localhost:${port}`;
    const env = {
      HOLDFAST_REGISTRATION_MODE: 'open',
      HOLDFAST_PASSWORD_MEMORY_KIB: '1024',
      HOLDFAST_PASSWORD_ITERATIONS: '1',
    };
    const start = () => runHoldfast({ folder: dataFolder, port, serverName, databaseUrl, env });
    let running = await start();
    closers.push(() => running.stop());
    const { baseUrl } = running;
    let users = 0;
    return {
      ...{ baseUrl, serverName, stop, scratch: folders.scratch },
      folderOf: (bridge) => join(folders.run, bridge),
      makeUser: (beginning) => registerUser(baseUrl, `${beginning}${++users}`),
      async register(file, asToken) {
        const name = `${users}-${Buffer.from(file).toString('hex').slice(-20)}.yaml`;
        await copyFile(file, join(registrations, name));
        closers.push(() => rm(join(registrations, name), { force: true }));
        await until(
          'the registration counts',
          async () => {
            const whoami = await request(baseUrl, 'GET', '/_matrix/client/v3/account/whoami', { token: asToken });
            return whoami.status === 200;
          },
          patienceMs,
        );
      },
      async restartHomeserver(whileDown) {
        await running.stop();
        await whileDown?.();
        running = await start();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
