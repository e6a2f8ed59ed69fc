import { join } from 'node:path';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { type BenchPostgres } from '@holdfast/benchmarks/peers/start-postgres.ts';
import type { ServerSetting, StartedServer } from './federated-server.ts';
import type { Authority } from './make-authority.ts';
import { type Link, openLink } from './open-link.ts';
import { startHoldfast } from './start-holdfast.ts';
import { startSynapse } from './start-synapse.ts';

export type ServerKind = 'holdfast' | 'synapse';

/** What all servers of a run stand on. */
export interface ServerGround {
  readonly postgres: BenchPostgres;
  readonly authority: Authority;
  /** Each server has a folder of its own below it. */
  readonly folder: string;
  readonly scratchFolder: string;
}

/** A server whose name leads through a link that can be cut. */
export interface LinkedServer {
  /** As in user ids: `localhost` and the link's port. */
  readonly serverName: string;
  readonly folder: string;
  readonly link: Link;
  /** The process as it is now. */
  readonly running: StartedServer;
  /** Starts it over what it left behind, under the same addresses. It must have ended. */
  startAgain(): Promise<void>;
  /** Ends it, and removes its database. */
  stop(): Promise<void>;
}

const starters: Readonly<Record<ServerKind, (setting: ServerSetting) => Promise<StartedServer>>> = {
  holdfast: startHoldfast,
  synapse: startSynapse,
};

/** Starts a server with a certificate, a database and a link of its own. `name` names its folder and database. */
export async function startLinkedServer(
  kind: ServerKind,
  name: string,
  ground: ServerGround,
  options: Pick<ServerSetting, 'presence'> = {},
): Promise<LinkedServer> {
  const { postgres, authority, scratchFolder } = ground;
  const closers: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const link = await openLink();
    closers.push(() => link.close());
    const database = `federated_${name}`;
    const databaseUrl = await postgres.createDatabase(database);
    closers.push(() => postgres.dropDatabase(database));
    const { certificate: tlsCertificate, key: tlsKey } = await authority.issue(name);
    const folder = join(ground.folder, name);
    const [port, tlsPort, serverName] = [await findFreePort(), await findFreePort(), `localhost:${link.port}`];
    const setting: ServerSetting = {
      ...{ serverName, databaseUrl, folder, scratchFolder, port, tlsPort },
      ...{ tlsCertificate, tlsKey, authorities: authority.certificate },
      ...options,
    };
    link.setTarget(tlsPort);
    let running = await starters[kind](setting);
    closers.push(() => running.stop());
    return {
      ...{ serverName, folder, link, stop },
      get running() {
        return running;
      },
      async startAgain() {
        running = await starters[kind](setting);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}
