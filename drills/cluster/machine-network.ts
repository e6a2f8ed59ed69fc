import process from 'node:process';
import { addAddress, addLink, addRouterNamespace, ip, tryIp } from './network-namespace.ts';

/** Machines that each have a network namespace, with a router between them and this machine. */
export interface MachineNetwork {
  /** Of the machines, in their order. */
  readonly addresses: readonly string[];
  /** All of them, and this machine's. */
  readonly range: string;
  /** The beginning of a command that runs a program on a machine. */
  enter(index: number): readonly string[];
  /** Packets between a machine and the other machines vanish from now on; this machine reaches all of them still. */
  cutOff(index: number): void;
  mend(): void;
  remove(): void;
}

/** Removed when the drill ends in whatever way. */
const standing = new Set<() => void>();
process.once('exit', () => {
  for (const remove of standing) remove();
});

/** Makes one. Throws where network namespaces cannot be made, with what is missing in words. */
export function makeMachineNetwork(count: number): MachineNetwork {
  const id = process.pid % 100_000;
  const router = `hf-switch-${id}`;
  const net = `10.${150 + (id % 50)}`;
  const names = Array.from({ length: count }, (_, index) => `hf-db-${id}-${index + 1}`);
  const addresses = names.map((_, index) => `${net}.${index + 1}.1`);
  const outer = `hfd${id}`;
  const remove = () => {
    standing.delete(remove);
    for (const name of [...names, router]) tryIp('netns', 'del', name);
    tryIp('link', 'del', outer);
  };
  standing.add(remove);
  try {
    addRouterNamespace(router);
    addLink(outer, undefined, `${outer}r`, router);
    addAddress(undefined, outer, `${net}.100.1`);
    addAddress(router, `${outer}r`, `${net}.100.254`);
    for (const [index, name] of names.entries()) {
      const inner = `${outer}m${index + 1}`;
      ip('netns', 'add', name);
      addLink(inner, name, `${inner}r`, router);
      addAddress(name, inner, `${net}.${index + 1}.1`);
      addAddress(router, `${inner}r`, `${net}.${index + 1}.254`);
      ip('-n', name, 'link', 'set', 'lo', 'up');
      ip('-n', name, 'route', 'add', 'default', 'via', `${net}.${index + 1}.254`);
      ip('route', 'add', `${net}.${index + 1}.0/24`, 'via', `${net}.100.254`);
    }
  } catch (error) {
    remove();
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `machines of their own need Linux, root, iproute2 and network namespaces, which are not here: ${why}`,
      {
        cause: error,
      },
    );
  }
  const dropped: (readonly [from: string, to: string])[] = [];
  return {
    ...{ addresses, range: `${net}.0.0/16`, remove },
    enter: (index) => ['ip', 'netns', 'exec', names[index] as string],
    cutOff(index) {
      const own = addresses[index] as string;
      for (const other of addresses.filter((address) => address !== own)) dropped.push([own, other], [other, own]);
      for (const [from, to] of dropped) ip('-n', router, 'rule', 'add', 'from', from, 'to', to, 'blackhole');
    },
    mend() {
      for (const [from, to] of dropped.splice(0)) ip('-n', router, 'rule', 'del', 'from', from, 'to', to, 'blackhole');
    },
  };
}
