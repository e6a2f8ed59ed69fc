import { lookup } from 'node:dns/promises';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { NetworkObservation } from '../observations/network.ts';
import { runProgram } from '../platform/run-program.ts';
import { createBadSince } from './bad-since.ts';
import { type AddressLife, parseAddressLives, parseRoutes } from './parse-network.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

export interface NetworkParts {
  /** Destinations such as `10.2.0.0/16` that must have a route. */
  readonly routes: readonly string[];
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  /** `host:port`. */
  readonly machines: readonly string[];
  readonly reads?: Partial<NetworkReads>;
}

export interface NetworkReads {
  /** Destinations of all routes, `default` among them; undefined where they cannot be read. */
  readRoutes(): Promise<readonly string[] | undefined>;
  readAddresses(): readonly string[];
  readLives(): Promise<readonly AddressLife[]>;
  resolve(name: string): Promise<unknown>;
  reach(place: string, deadline: Deadline): Promise<void>;
}

const programTimeoutMs = 2_000;

/** Routes, addresses with their leases, names, and machines that have to be reached. */
export function networkSource(parts: NetworkParts): Source<'network'> {
  const reads = { ...systemReads, ...parts.reads };
  const since = createBadSince();
  const longest = new Map<string, number>();
  let hadDefault = false;
  return {
    ...{ name: 'network', everyMs: 5_000, timeoutMs: 8_000 },
    async look(deadline, atMs): Promise<NetworkObservation> {
      const [routes, lives, names, machines] = await Promise.all([
        reads.readRoutes(),
        reads.readLives(),
        Promise.all(
          parts.names.map(async (name) => ({ name, why: await failureOf(deadline.race(reads.resolve(name))) })),
        ),
        Promise.all(parts.machines.map(async (peer) => ({ peer, why: await failureOf(reads.reach(peer, deadline)) }))),
      ]);
      // A default route that was there once has to be there.
      hadDefault ||= routes?.includes('default') ?? false;
      const wanted = [...parts.routes, ...(hadDefault ? ['default'] : [])];
      const addresses = reads.readAddresses();
      const gone = <Thing>(
        things: readonly Thing[],
        kind: string,
        nameOf: (thing: Thing) => string,
        isGone: (thing: Thing) => boolean,
      ) =>
        things.flatMap((thing) => {
          const bad = isGone(thing);
          const forMs = since.note(`${kind} ${nameOf(thing)}`, bad, atMs);
          return bad ? [{ thing, forMs }] : [];
        });
      return {
        missingRoutes: gone(wanted, 'route', String, (route) => routes !== undefined && !routes.includes(route)).map(
          ({ thing, forMs }) => ({ route: thing, forMs }),
        ),
        missingAddresses: gone(parts.addresses, 'address', String, (address) => !addresses.includes(address)).map(
          ({ thing, forMs }) => ({ address: thing, forMs }),
        ),
        unresolvedNames: gone(
          names,
          'name',
          ({ name }) => name,
          ({ why }) => why !== undefined,
        ).map(({ thing, forMs }) => ({ name: thing.name, why: thing.why ?? '', forMs })),
        unreachablePeers: gone(
          machines,
          'machine',
          ({ peer }) => peer,
          ({ why }) => why !== undefined,
        ).map(({ thing, forMs }) => ({ peer: thing.peer, why: thing.why ?? '', forMs })),
        leases: noteLives(lives, longest),
      };
    },
  };
}

/** The kernel says how long an address is still good, and not for how long it was lent: that is the longest that was seen. */
function noteLives(lives: readonly AddressLife[], longest: Map<string, number>): NetworkObservation['leases'] {
  return lives.map(({ address, remainingMs }) => {
    const lifetimeMs = Math.max(remainingMs, longest.get(address) ?? 0);
    longest.set(address, lifetimeMs);
    return { address, remainingMs, lifetimeMs };
  });
}

function failureOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(() => undefined, describeFailure);
}

const systemReads: NetworkReads = {
  async readRoutes() {
    const [four, six] = await Promise.all(
      ['/proc/net/route', '/proc/net/ipv6_route'].map((path) => readFile(path, 'utf8').catch(() => undefined)),
    );
    return four === undefined ? undefined : parseRoutes(four, six ?? '');
  },
  readAddresses: () => Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []),
  async readLives() {
    const told = await runProgram('ip', ['-json', 'address', 'show'], programTimeoutMs);
    return told === undefined ? [] : parseAddressLives(told);
  },
  resolve: (name) => lookup(name),
  reach(place, deadline) {
    const end = place.lastIndexOf(':');
    const socket = connect({ host: place.slice(0, end).replace(/^\[|\]$/g, ''), port: Number(place.slice(end + 1)) });
    const connected = new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    return deadline.race(connected).finally(() => socket.destroy());
  },
};
