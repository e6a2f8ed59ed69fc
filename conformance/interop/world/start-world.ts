import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { startPostgres } from '@holdfast/benchmarks/peers/start-postgres.ts';
import { stopOnInterrupt } from '@holdfast/benchmarks/peers/stop-on-interrupt.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { makeAuthority } from '../../federated-servers/make-authority.ts';
import type { Link } from '../../federated-servers/open-link.ts';
import { type ServerKind, startLinkedServer } from '../../federated-servers/start-linked-server.ts';

/** One of the two servers. */
export interface Side {
  /** `holdfast` or `synapse`; with two of a kind, the second has a 2. */
  readonly name: string;
  readonly kind: ServerKind;
  /** `localhost` and a port. */
  readonly serverName: string;
  /** Of the client-server API. */
  readonly baseUrl: string;
  readonly version: string;
  /** Path of what the process wrote. */
  readonly logFile: string;
  /** Registers a user whose name begins as told. */
  makeUser(beginning: string): Promise<TestUser>;
}

export interface World {
  readonly sides: readonly [Side, Side];
  /** Nothing passes between the servers any more. */
  cut(): void;
  mend(): void;
  stop(): Promise<void>;
}

/** Starts two servers that find each other over TLS on loopback, each with a database of its own on one PostgreSQL. */
export async function startWorld(
  kinds: readonly [ServerKind, ServerKind],
  folders: { readonly run: string; readonly scratch: string; readonly keep: boolean },
): Promise<World> {
  const closers: (() => Promise<void>)[] = [];
  const stop = stopOnInterrupt(async () => {
    for (const close of closers.toReversed()) {
      await close().catch((error: unknown) => process.stderr.write(`${inspect(error)}\n`));
    }
  });
  try {
    await mkdir(folders.run, { recursive: true });
    if (!folders.keep) closers.push(() => rm(join(folders.run, 'data'), { recursive: true, force: true }));
    const postgres = await startPostgres(process.env['HOLDFAST_BENCH_DATABASE_URL']);
    closers.push(() => postgres.stop());
    const authority = await makeAuthority(join(folders.run, 'data'));
    const ground = { postgres, authority, folder: join(folders.run, 'data'), scratchFolder: folders.scratch };
    const links: Link[] = [];
    const start = async (kind: ServerKind, index: 0 | 1): Promise<Side> => {
      const name = index === 1 && kinds[0] === kind ? `${kind}2` : kind;
      const { running, serverName, folder, link, stop: close } = await startLinkedServer(kind, name, ground);
      closers.push(close);
      links.push(link);
      const { baseUrl, version } = running;
      const logFile = join(folder, 'output.log');
      return { ...{ name, kind, serverName, logFile, baseUrl, version }, makeUser: userMaker(baseUrl) };
    };
    const sides: readonly [Side, Side] = [await start(kinds[0], 0), await start(kinds[1], 1)];
    return {
      sides,
      cut: () => links.forEach((link) => link.cut()),
      mend: () => links.forEach((link) => link.mend()),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

let users = 0;

function userMaker(baseUrl: string): (beginning: string) => Promise<TestUser> {
  return (beginning) => registerUser(baseUrl, `${beginning}${++users}`);
}
