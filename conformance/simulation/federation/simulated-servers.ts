import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { withConnection } from '@holdfast/homeserver/platform/embedded-postgres/cluster-connection.ts';
import { type CollectedLog, collectLog } from '@holdfast/homeserver/testing/collect-log.ts';
import { type FakeServer, startFakeServer } from '@holdfast/homeserver/testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  startFederatedHomeservers,
} from '@holdfast/homeserver/testing/start-federated-homeservers.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { SimulatedNetwork } from './simulated-network.ts';

/** A homeserver of the simulation: the real one, with a database of its own. */
export interface SimulatedServer {
  readonly name: string;
  /** Of the process that runs now. */
  context(): Context;
  /** Never leaves a room. */
  readonly resident: TestUser;
  readonly guests: readonly TestUser[];
  /** Keeps a copy of the database as it is. */
  backUp(): Promise<void>;
  /** Goes on from the copy, as after the loss of its disk. */
  restore(): Promise<void>;
}

export interface SimulatedServers {
  readonly servers: readonly SimulatedServer[];
  /** Says what it likes. */
  readonly hostile: FakeServer;
  readonly network: SimulatedNetwork;
  /** What all homeservers wrote. */
  readonly log: CollectedLog;
  stop(): Promise<void>;
}

const guestsPerServer = 2;

/** Starts three homeservers and a hostile server. They serve any number of seeds, each in a room of its own. */
export async function startSimulatedServers(): Promise<SimulatedServers> {
  const network = new SimulatedNetwork();
  const collected = collectLog();
  const federation = await startFederatedHomeservers({ servers: 3, log: collected.log });
  try {
    const hostile = await startFakeServer(federation.network, 'hostile.test');
    const servers: SimulatedServer[] = [];
    for (const homeserver of federation.homeservers) servers.push(await simulatedServer(homeserver, network));
    const stop = async () => {
      await federation.stop();
      await hostile.stop();
    };
    return { servers, hostile, network, log: collected, stop };
  } catch (error) {
    await federation.stop();
    throw error;
  }
}

async function simulatedServer(homeserver: FederatedHomeserver, network: SimulatedNetwork): Promise<SimulatedServer> {
  const { baseUrl, serverName, databaseUrl } = homeserver;
  let context = homeserver.context;
  network.connect(context);
  const name = new URL(databaseUrl).pathname.slice(1);
  const serverUrl = Object.assign(new URL(databaseUrl), { pathname: '/postgres' }).href;
  const whileDown = async (statements: readonly string[]) => {
    const restarted = await homeserver.restart(() =>
      withConnection(serverUrl, async (sql) => {
        for (const statement of statements) await sql.unsafe(statement);
      }),
    );
    context = restarted.context;
    network.connect(context);
  };
  const copy = (from: string, to: string) => [
    `DROP DATABASE IF EXISTS ${to} WITH (FORCE)`,
    // A statement whose client has gone runs on for a while, and nothing is copied meanwhile.
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${from}'`,
    `CREATE DATABASE ${to} TEMPLATE ${from} STRATEGY FILE_COPY`,
  ];
  const guests: TestUser[] = [];
  for (let index = 0; index < guestsPerServer; index++) guests.push(await registerUser(baseUrl, `guest-${index}`));
  return {
    name: serverName,
    context: () => context,
    resident: await registerUser(baseUrl, 'resident'),
    guests,
    backUp: () => whileDown(copy(name, `${name}_backup`)),
    restore: () => whileDown(copy(`${name}_backup`, name)),
  };
}
