import process from 'node:process';
import { addAddress, addLink, addRouterNamespace, ip, tryIp } from '../cluster/network-namespace.ts';

/** What is cut off from the bridge. */
export type CutPart = 'the homeserver' | 'everything';

/** A network namespace whose only ways out go through another one, which passes packets on or drops them. */
export interface CutNetwork {
  /** Addresses of this machine, as the inside reaches them. */
  readonly homeserverAddress: string;
  readonly ircAddress: string;
  /** Of the inside, as this machine reaches it. */
  readonly insideAddress: string;
  /** The beginning of a command that runs a program inside. */
  readonly enter: readonly [program: string, ...args: string[]];
  /** From now on packets of either direction vanish: nobody is told, as when a route is lost further on. */
  cut(part: CutPart): void;
  mend(): void;
  remove(): void;
}

/** Removed when the drill ends in whatever way. */
const standing = new Set<() => void>();
process.once('exit', () => {
  for (const remove of standing) remove();
});

/** Makes one. Throws where network namespaces cannot be made, with what is missing in words. */
export function makeCutNetwork(): CutNetwork {
  const id = process.pid % 100_000;
  const [router, inside] = [`hf-router-${id}`, `hf-inside-${id}`];
  const [outer, inner] = [`hfo${id}`, `hfi${id}`];
  const net = `10.${200 + (id % 50)}`;
  const addresses = { homeserver: `${net}.1.1`, irc: `${net}.1.2`, inside: `${net}.2.1` };
  const remove = () => {
    standing.delete(remove);
    for (const name of [router, inside]) tryIp('netns', 'del', name);
    tryIp('link', 'del', outer);
  };
  standing.add(remove);
  try {
    addRouterNamespace(router);
    ip('netns', 'add', inside);
    addLink(outer, undefined, `${outer}r`, router);
    addLink(inner, inside, `${inner}r`, router);
    addAddress(undefined, outer, addresses.homeserver);
    addAddress(undefined, outer, addresses.irc);
    addAddress(router, `${outer}r`, `${net}.1.254`);
    addAddress(router, `${inner}r`, `${net}.2.254`);
    addAddress(inside, inner, addresses.inside);
    for (const name of [router, inside]) ip('-n', name, 'link', 'set', 'lo', 'up');
    ip('route', 'add', `${net}.2.0/24`, 'via', `${net}.1.254`);
    ip('-n', inside, 'route', 'add', 'default', 'via', `${net}.2.254`);
  } catch (error) {
    remove();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`a cut network needs Linux, root, iproute2 and network namespaces, which are not here: ${why}`, {
      cause: error,
    });
  }
  let dropped: readonly string[] = [];
  const rules = (what: 'add' | 'del') => {
    for (const address of dropped) {
      for (const way of ['from', 'to']) ip('-n', router, 'rule', what, way, address, 'blackhole');
    }
  };
  const mend = () => {
    rules('del');
    dropped = [];
  };
  return {
    ...{ homeserverAddress: addresses.homeserver, ircAddress: addresses.irc, insideAddress: addresses.inside },
    enter: ['ip', 'netns', 'exec', inside],
    cut(part) {
      mend();
      dropped = [part === 'everything' ? addresses.inside : addresses.homeserver];
      rules('add');
    },
    ...{ mend, remove },
  };
}
