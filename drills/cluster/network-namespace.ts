import { execFileSync } from 'node:child_process';

/** Runs `ip` of iproute2. Throws what it says. */
export function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], timeout: 10_000, encoding: 'utf8' });
}

/** For what may not be there. */
export function tryIp(...args: string[]): void {
  try {
    ip(...args);
  } catch {
    // It was not made.
  }
}

/** A pair of interfaces, both up: one here or in a namespace, the other one in a namespace. */
export function addLink(name: string, namespace: string | undefined, peer: string, peerNamespace: string): void {
  ip('link', 'add', name, 'type', 'veth', 'peer', 'name', peer);
  ip('link', 'set', peer, 'netns', peerNamespace);
  if (namespace !== undefined) ip('link', 'set', name, 'netns', namespace);
  ip(...at(namespace), 'link', 'set', name, 'up');
  ip('-n', peerNamespace, 'link', 'set', peer, 'up');
}

export function addAddress(namespace: string | undefined, name: string, address: string): void {
  ip(...at(namespace), 'addr', 'add', `${address}/24`, 'dev', name);
}

/** A namespace that passes on what comes in. */
export function addRouterNamespace(name: string): void {
  ip('netns', 'add', name);
  ip('netns', 'exec', name, 'sh', '-c', 'echo 1 > /proc/sys/net/ipv4/ip_forward');
}

function at(namespace: string | undefined): string[] {
  return namespace === undefined ? [] : ['-n', namespace];
}
