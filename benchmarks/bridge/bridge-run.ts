import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Figure } from '../figure-table.ts';
import type { RunningServer } from '../peers/peer.ts';
import { runHoldfast } from '../peers/run-holdfast.ts';
import { findFreePort } from '../peers/run-server.ts';
import { stopOnInterrupt } from '../peers/stop-on-interrupt.ts';
import { runSynapse } from '../peers/synapse/run-synapse.ts';
import type { BenchGround } from '../with-bench-ground.ts';
import { registrationFile } from './stub-appservice/appservice-registration.ts';
import { type StubService, startStubService } from './stub-appservice/stub-appservice.ts';

export type BridgePeer = 'holdfast' | 'synapse';

export interface BridgeSizes {
  /** How long clients send as fast as they can. */
  readonly liveSeconds: number;
  /** Events that wait for a service when what it takes in a row is measured. */
  readonly backlogEvents: Readonly<Record<BridgePeer, number>>;
  readonly delaySeconds: number;
  /** In turn, one server of two has services that hang. */
  readonly hangingPhases: number;
  readonly hangingSeconds: number;
  readonly queuedEvents: number;
  readonly ircUsers: number;
  readonly ircChannels: number;
  /** How long people of both sides talk. */
  readonly talkSeconds: number;
}

/** What a scenario is given: a way to start a server and services, all of which end with the scenario. */
export interface BridgeRun {
  readonly peer: BridgePeer;
  readonly sizes: BridgeSizes;
  /** For files. */
  readonly folder: string;
  startService(id: string): Promise<StubService>;
  /** A fresh server over a fresh database, with these services registered. `env` is Holdfast's. */
  startServer(services: readonly StubService[], options?: ServerOptions): Promise<BenchServer>;
  /** Has it called at the end of the scenario, what was given last first. */
  atEnd(close: () => Promise<unknown> | void): void;
  log(line: string): void;
}

export interface ServerOptions {
  /** Beside the usual, as environment variables; Holdfast's only. */
  readonly env?: Readonly<Record<string, string>>;
  /** Of the server, made before it starts. */
  readonly folder?: string;
}

export interface BenchServer extends Omit<RunningServer, 'databaseUrl' | 'registrationSecret'> {
  readonly registrationSecret: string;
  readonly folder: string;
}

export interface BridgeScenario {
  readonly name: string;
  readonly peers: readonly BridgePeer[];
  /** Throws where something is missing, doubled, out of order or wrong: it then has no figures. */
  measure(run: BridgeRun): Promise<Figure[]>;
}

export const serverName = 'bench.example';
const registrationSecret = 'bench-registration-secret';
let serial = 0;

/** Runs one scenario for one server, and ends whatever it started. */
export async function runBridgeScenario(
  scenario: BridgeScenario,
  given: Pick<BridgeRun, 'peer' | 'sizes' | 'log'>,
  ground: BenchGround,
): Promise<Figure[]> {
  const closers: (() => Promise<unknown> | void)[] = [];
  const stop = stopOnInterrupt(async () => {
    for (const close of closers.toReversed()) {
      await Promise.resolve(close()).catch((error: unknown) => given.log(String(error)));
    }
  });
  const run: BridgeRun = {
    ...given,
    folder: ground.folder,
    atEnd: (close) => void closers.push(close),
    async startService(id) {
      const service = await startStubService(id);
      closers.push(() => service.close());
      return service;
    },
    async startServer(services, options = {}) {
      const server = await startBenchServer(given.peer, services, options, ground);
      closers.push(() => server.stop());
      return server;
    },
  };
  try {
    return await scenario.measure(run);
  } finally {
    await stop();
  }
}

async function startBenchServer(
  peer: BridgePeer,
  services: readonly StubService[],
  options: ServerOptions,
  { postgres, folder: parent, scratchFolder }: BenchGround,
): Promise<BenchServer> {
  const name = `bridge_${peer}_${++serial}`;
  const folder = options.folder ?? join(parent, name);
  const databaseUrl = await postgres.createDatabase(name);
  const port = await findFreePort();
  const files = join(folder, 'appservices');
  await mkdir(files, { recursive: true });
  const paths = services.map(({ registration }) => join(files, `${registration.id}.yaml`));
  for (const [index, { registration }] of services.entries()) {
    await writeFile(paths[index] as string, registrationFile(registration));
  }
  const started = await (peer === 'holdfast'
    ? runHoldfast({
        ...{ folder, port, serverName, databaseUrl },
        env: { HOLDFAST_REGISTRATION_SHARED_SECRET: registrationSecret, ...options.env },
      })
    : runSynapse(
        scratchFolder,
        { dataFolder: folder, serverName, port, databaseUrl, registrationSecret },
        { app_service_config_files: paths },
      ));
  return { version: 'Holdfast', ...started, registrationSecret, folder };
}
