import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startPostgres } from '@holdfast/benchmarks/peers/start-postgres.ts';
import { makeAuthority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import type { Link } from '@holdfast/conformance/federated-servers/open-link.ts';
import { startLinkedServer } from '@holdfast/conformance/federated-servers/start-linked-server.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';

/** One of two Holdfasts that are strangers to each other: own database, own name, own process. */
export interface DrillServer {
  readonly name: string;
  /** As in user ids. */
  readonly serverName: string;
  readonly baseUrl: string;
  makeUser(beginning: string): Promise<TestUser>;
  /** Ends the process with SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again over what it left behind, under the same addresses. */
  startAgain(): Promise<void>;
}

export interface TwoServers {
  readonly servers: readonly [DrillServer, DrillServer];
  /** Nothing passes between the two any more, in either direction. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

const endDeadlineMs = 10_000;
let users = 0;

/** Starts both over one PostgreSQL with every commit flushed. */
export async function startTwoServers(folder: string): Promise<TwoServers> {
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
    closers.push(() => postgres.stop());
    const authority = await makeAuthority(join(folder, 'certificates'));
    const ground = { postgres, authority, folder, scratchFolder: folder };
    const links: Link[] = [];
    const start = async (name: string): Promise<DrillServer> => {
      const server = await startLinkedServer('holdfast', name, ground);
      closers.push(() => server.stop());
      links.push(server.link);
      return {
        ...{ name, serverName: server.serverName, baseUrl: server.running.baseUrl },
        makeUser: (beginning) => registerUser(server.running.baseUrl, `${beginning}${++users}`),
        async kill() {
          process.kill(server.running.pid, 'SIGKILL');
          await untilEnded(server.running.pid);
        },
        startAgain: () => server.startAgain(),
      };
    };
    const servers: [DrillServer, DrillServer] = [await start('one'), await start('two')];
    return {
      servers,
      cut: () => links.forEach((link) => link.cut()),
      mend: () => links.forEach((link) => link.mend()),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilEnded(pid: number): Promise<void> {
  for (const endMs = performance.now() + endDeadlineMs; performance.now() < endMs; await wait(10)) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
  }
  throw new Error(`process ${pid} did not end`);
}
