import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { startPostgres } from '@holdfast/benchmarks/peers/start-postgres.ts';
import type { StartedServer } from '@holdfast/conformance/federated-servers/federated-server.ts';
import { makeAuthority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import { startHoldfast } from '@holdfast/conformance/federated-servers/start-holdfast.ts';
import { openLink } from '@holdfast/conformance/interop/world/open-link.ts';
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
    const links = [await openLink(), await openLink()] as const;
    for (const link of links) closers.push(() => link.close());
    const start = async (name: string, link: (typeof links)[number]): Promise<DrillServer> => {
      const issued = await authority.issue(name);
      const [port, tlsPort] = [await findFreePort(), await findFreePort()];
      await mkdir(join(folder, name), { recursive: true });
      const setting = {
        ...{ port, tlsPort, folder: join(folder, name), serverName: `localhost:${link.port}`, scratchFolder: folder },
        databaseUrl: await postgres.createDatabase(`drill_${name}`),
        ...{ tlsCertificate: issued.certificate, tlsKey: issued.key, authorities: authority.certificate },
      };
      link.setTarget(tlsPort);
      let running: StartedServer = await startHoldfast(setting);
      closers.push(() => running.stop());
      return {
        ...{ name, serverName: setting.serverName, baseUrl: running.baseUrl },
        makeUser: (beginning) => registerUser(running.baseUrl, `${beginning}${++users}`),
        async kill() {
          process.kill(running.pid, 'SIGKILL');
          await untilEnded(running.pid);
        },
        async startAgain() {
          running = await startHoldfast(setting);
        },
      };
    };
    const servers: [DrillServer, DrillServer] = [await start('one', links[0]), await start('two', links[1])];
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
