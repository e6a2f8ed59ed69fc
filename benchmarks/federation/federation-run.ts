import type { StartedServer } from '@holdfast/conformance/federated-servers/federated-server.ts';
import {
  type ServerGround,
  type ServerKind,
  startLinkedServer,
} from '@holdfast/conformance/federated-servers/start-linked-server.ts';
import { type StubServer, startStubServer } from '@holdfast/conformance/stub-servers/stub-server.ts';
import type { Figure } from '../figure-table.ts';
import { stopOnInterrupt } from '../peers/stop-on-interrupt.ts';

export interface FederationSizes {
  /** Messages that origins send in all, to each server. */
  readonly receivedMessages: Readonly<Record<ServerKind, number>>;
  readonly origins: number;
  readonly members: number;
  readonly stateEvents: number;
  /** Who is in the large room and tells it to who joins: servers made for it, or a Synapse. */
  readonly resident: 'stub' | 'synapse';
  readonly servers: number;
  readonly sentMessages: Readonly<Record<ServerKind, number>>;
  readonly forks: number;
  /** Events of two sides of a room, each of which the other one contradicts. */
  readonly conflicts: number;
}

/** What a scenario is given: a way to start servers and stubs, all of which end with the scenario. */
export interface FederationRun {
  readonly peer: ServerKind;
  readonly sizes: FederationSizes;
  /** A fresh server over a fresh database. */
  startServer(kind: ServerKind): Promise<FederatedServer>;
  startStub(): Promise<StubServer>;
  log(line: string): void;
}

export interface FederatedServer extends StartedServer {
  readonly serverName: string;
  readonly databaseUrl: string;
  /** Starts it again over what it left behind, under the same address. It must have been stopped. */
  startAgain(): Promise<StartedServer>;
}

export interface FederationScenario {
  readonly name: string;
  /** Throws where something is missing, doubled or wrong: it then has no figures. */
  measure(run: FederationRun): Promise<Figure[]>;
}

export interface FederationGround extends ServerGround {
  readonly stubCertificate: { readonly certificate: string; readonly key: string };
}

let serial = 0;

/** Runs one scenario for one server, and ends whatever it started. */
export async function runScenario(
  scenario: FederationScenario,
  given: Pick<FederationRun, 'peer' | 'sizes' | 'log'>,
  ground: FederationGround,
): Promise<Figure[]> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = stopOnInterrupt(async () => {
    for (const close of closers.toReversed()) await close().catch((error: unknown) => given.log(String(error)));
  });
  const run: FederationRun = {
    ...given,
    async startStub() {
      const { certificate, key } = ground.stubCertificate;
      const stub = await startStubServer({ certificate, key, authorities: ground.authority.certificate });
      closers.push(() => stub.close());
      return stub;
    },
    async startServer(kind) {
      let databaseUrl = '';
      const createDatabase = async (name: string) => {
        databaseUrl = await ground.postgres.createDatabase(name);
        return databaseUrl;
      };
      const noting = { ...ground, postgres: { ...ground.postgres, createDatabase } };
      const server = await startLinkedServer(kind, `federation_${kind}_${++serial}`, noting, { presence: false });
      closers.push(() => server.stop());
      const startAgain = async () => {
        await server.startAgain();
        return server.running;
      };
      return { ...server.running, serverName: server.serverName, databaseUrl, startAgain };
    },
  };
  try {
    return await scenario.measure(run);
  } finally {
    await stop();
  }
}
