import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import { parseServerName, type ServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import type { NameResolver, ServiceRecord } from './name-resolver.ts';

/** A host, by name or IP address (without brackets), and a port. */
export interface Target {
  readonly host: string;
  readonly port: number;
}

/** How a server is reached: where to connect, best first, and how to behave there. */
export interface Route {
  readonly targets: readonly Target[];
  /** The `Host` header. */
  readonly hostHeader: string;
  /** Whom the certificate must be of: a DNS name, also sent as SNI, or an IP address (without brackets). */
  readonly certificateName: string;
  /** In words, for `holdfast federation check`. */
  readonly foundBy: string;
  /** False when the DNS failed to answer on the way: the route is a guess, to be used once. */
  readonly isCertain: boolean;
}

export interface RouteFinder {
  readonly resolver: NameResolver;
  readonly random: Random;
  /** `m.server` of the host's well-known file, or undefined where it has none that counts. */
  findDelegate(host: string, deadline: Deadline): Promise<ServerName | undefined>;
}

const defaultPort = 8448;
/** The one of the specification since version 1.8, then the deprecated one. */
const services = ['_matrix-fed._tcp', '_matrix._tcp'] as const;
/** More targets than this are not tried. */
const mostTargets = 8;

/**
 * Finds the way to a server by its name: IP literals, explicit ports, the well-known file, SRV records, port 8448.
 * Throws RemoteServerError `unreachable` for what is no server name or says that there is no server.
 * https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names
 */
export async function findRoute(finder: RouteFinder, serverName: string, deadline: Deadline): Promise<Route> {
  const name = parseServerName(serverName);
  if (!name) throw new RemoteServerError('unreachable', serverName, 'it has a name that no server can have');
  if (name.kind !== 'dns' || name.port !== undefined) return directRoute(name, 'its name');
  const delegate = await finder.findDelegate(name.hostname, deadline);
  if (!delegate) return serviceRoute(finder, serverName, name.hostname, deadline, 'its name');
  const found = `https://${name.hostname}/.well-known/matrix/server`;
  if (delegate.kind !== 'dns' || delegate.port !== undefined) return directRoute(delegate, found);
  return serviceRoute(finder, serverName, delegate.hostname, deadline, found);
}

/** A name that says all that there is to know. */
function directRoute({ hostname, port, kind }: ServerName, foundBy: string): Route {
  const host = kind === 'ipv6' ? hostname.slice(1, -1) : hostname;
  return {
    targets: [{ host, port: port ?? defaultPort }],
    hostHeader: port === undefined ? hostname : `${hostname}:${port}`,
    certificateName: host,
    foundBy,
    isCertain: true,
  };
}

async function serviceRoute(
  finder: RouteFinder,
  serverName: string,
  hostname: string,
  deadline: Deadline,
  foundBy: string,
): Promise<Route> {
  const route = { hostHeader: hostname, certificateName: hostname };
  let isCertain = true;
  for (const service of services) {
    const name = `${service}.${hostname}`;
    let records: readonly ServiceRecord[] = [];
    try {
      records = await finder.resolver.services(name, deadline);
    } catch {
      deadline.check();
      isCertain = false;
    }
    if (records.length === 0) continue;
    if (records.every(({ host }) => host === '.' || host === '')) {
      throw new RemoteServerError('unreachable', serverName, `its SRV record ${name} says that there is no server`);
    }
    const targets = orderRecords(records, finder.random).slice(0, mostTargets);
    return { ...route, targets, isCertain, foundBy: `the SRV record ${name}` };
  }
  return { ...route, targets: [{ host: hostname, port: defaultPort }], isCertain, foundBy };
}

/**
 * Lower priorities first; within one, by lot, with the weights as chances.
 * https://www.rfc-editor.org/rfc/rfc2782
 */
export function orderRecords(records: readonly ServiceRecord[], random: Random): Target[] {
  const byPriority = Map.groupBy(records, ({ priority }) => priority);
  const priorities = [...byPriority.keys()].sort((left, right) => left - right);
  return priorities.flatMap((priority) => drawAll(byPriority.get(priority) ?? [], random));
}

function drawAll(records: readonly ServiceRecord[], random: Random): Target[] {
  const left = [...records].sort((one, other) => one.weight - other.weight);
  const drawn: Target[] = [];
  while (left.length > 0) {
    const total = left.reduce((sum, { weight }) => sum + weight, 0);
    let rest = random.fraction() * total;
    const index = left.findIndex(({ weight }) => (rest -= weight) <= 0);
    const [record] = left.splice(Math.max(index, 0), 1);
    if (record && record.host !== '.') drawn.push({ host: record.host.replace(/\.$/, ''), port: record.port });
  }
  return drawn;
}
