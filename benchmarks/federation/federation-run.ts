import { join } from 'node:path';
import type { StartedServer } from '@holdfast/conformance/federated-servers/federated-server.ts';
import type { Authority } from '@holdfast/conformance/federated-servers/make-authority.ts';
import { startHoldfast } from '@holdfast/conformance/federated-servers/start-holdfast.ts';
import { startSynapse } from '@holdfast/conformance/federated-servers/start-synapse.ts';
import { openLink } from '@holdfast/conformance/interop/world/open-link.ts';
import { type StubServer, startStubServer } from '@holdfast/conformance/stub-servers/stub-server.ts';
import type { BenchPostgres } from '../peers/start-postgres.ts';
import { stopOnInterrupt } from '../peers/stop-on-interrupt.ts';

export type FederationPeer = 'holdfast' | 'synapse';

export interface FederationSizes {
  /** Messages that origins send in all, to each server. */
  readonly receivedMessages: Readonly<Record<FederationPeer, number>>;
  readonly origins: number;
  readonly members: number;
  readonly stateEvents: number;
  readonly servers: number;
  readonly sentMessages: Readonly<Record<FederationPeer, number>>;
  readonly forks: number;
}

/** What a scenario is given: a way to start servers and stubs, all of which end with the scenario. */
export interface FederationRun {
  readonly peer: FederationPeer;
  readonly sizes: FederationSizes;
  /** A fresh server over a fresh database. */
  startServer(kind: FederationPeer): Promise<FederatedServer>;
  startStub(): Promise<StubServer>;
  log(line: string): void;
}

export interface FederatedServer extends StartedServer {
  readonly serverName: string;
}

export interface Figure {
  readonly key: string;
  readonly value: number;
}

export interface FederationScenario {
  readonly name: string;
  /** Throws where something is missing, doubled or wrong: it then has no figures. */
  measure(run: FederationRun): Promise<Figure[]>;
}

export interface FederationGround {
  readonly postgres: BenchPostgres;
  readonly authority: Authority;
  readonly stubCertificate: { readonly certificate: string; readonly key: string };
  readonly folder: string;
  readonly scratchFolder: string;
}

const starters = { holdfast: startHoldfast, synapse: startSynapse } as const;
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
      const name = `${kind}_${++serial}`;
      const databaseUrl = await ground.postgres.createDatabase(`bench_federation_${name}`);
      closers.push(() => ground.postgres.dropDatabase(`bench_federation_${name}`));
      const link = await openLink();
      closers.push(() => link.close());
      const serverName = `localhost:${link.port}`;
      const issued = await ground.authority.issue(name);
      const server = await starters[kind]({
        ...{ serverName, databaseUrl, folder: join(ground.folder, name), scratchFolder: ground.scratchFolder },
        ...{ tlsCertificate: issued.certificate, tlsKey: issued.key, authorities: ground.authority.certificate },
        presence: false,
      });
      closers.push(() => server.stop());
      link.setTarget(server.tlsPort);
      return { ...server, serverName };
    },
  };
  try {
    return await scenario.measure(run);
  } finally {
    await stop();
  }
}
