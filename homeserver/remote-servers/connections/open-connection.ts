import { connect as connectPlainly, isIP, type Socket } from 'node:net';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import type { Clock } from '@holdfast/effects/clock.ts';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { BoundedCache } from '../../platform/bounded-cache.ts';
import type { MayConnect } from '../discovery/address-rules.ts';
import type { Route, Target } from '../discovery/find-route.ts';
import type { NameResolver } from '../discovery/name-resolver.ts';

export interface ConnectionRules {
  readonly clock: Clock;
  readonly resolver: NameResolver;
  readonly mayConnect: MayConnect;
  /** Read when it is first needed, which takes a moment. */
  readonly secureContext: () => SecureContext;
  /** TLS sessions to go on with, by certificate name and target. */
  readonly sessions: BoundedCache<string, Buffer>;
}

/** For one target at most: looking up its addresses, trying them, and the TLS handshake. */
const targetTimeoutMs = 10_000;
/** After so long the next address is tried. */
const addressTimeoutMs = 2_000;
const mostAddresses = 8;

/** Where a connection may not go; nothing was sent there. */
export class ForbiddenAddressError extends Error {
  constructor(host: string, addresses: readonly string[]) {
    const shown = addresses.slice(0, mostAddresses).join(', ');
    super(`${host} is at ${shown}, which is a private address (federation.private_addresses)`);
    this.name = 'ForbiddenAddressError';
  }
}

/**
 * Connects to the first target of a route that takes the connection and proves by its certificate to be the one.
 * At the deadline's end nothing of it goes on. Throws the last target's error.
 */
export async function openConnection(rules: ConnectionRules, route: Route, deadline: Deadline): Promise<TLSSocket> {
  let failure: unknown = new Error('it has no address');
  let targetsLeft = route.targets.length;
  for (const target of route.targets) {
    deadline.check();
    const what = `connecting to ${target.host}:${target.port}`;
    // A target that swallows everything must leave time for the next ones.
    const shareMs = Math.min(targetTimeoutMs, deadline.remainingMs() / targetsLeft--);
    const share = startDeadline(shareMs, what, { clock: rules.clock, signal: deadline.signal });
    try {
      return await connectTo(rules, route, target, share);
    } catch (error) {
      failure = error;
    } finally {
      share.finish();
    }
  }
  throw failure;
}

async function connectTo(
  rules: ConnectionRules,
  { certificateName }: Route,
  { host, port }: Target,
  deadline: Deadline,
): Promise<TLSSocket> {
  const found = isIP(host) ? [host] : await rules.resolver.addresses(host, deadline);
  if (found.length === 0) throw Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
  const allowed = found.filter(rules.mayConnect).slice(0, mostAddresses);
  if (allowed.length === 0) throw new ForbiddenAddressError(host, found);
  const plain = connectPlainly({
    ...{ host, port, autoSelectFamily: true, autoSelectFamilyAttemptTimeout: addressTimeoutMs },
    // The addresses that were looked at are the ones that are connected to: the name is not asked for again.
    lookup: (_host, _options, callback) => callback(null, allowed.map(toLookupAddress)),
  });
  try {
    await deadline.race(waitFor(plain, 'connect'));
    // Before anything is said there, the name in the handshake included.
    const { remoteAddress } = plain;
    if (remoteAddress === undefined) throw connectionClosed();
    if (!rules.mayConnect(remoteAddress)) throw new ForbiddenAddressError('it', [remoteAddress]);
    const socket = startHandshake(rules, certificateName, { host, port }, plain);
    await deadline.race(waitFor(socket, 'secureConnect'));
    return socket;
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

function startHandshake(
  rules: ConnectionRules,
  certificateName: string,
  { host, port }: Target,
  plain: Socket,
): TLSSocket {
  const sessionKey = `${certificateName} ${host} ${port}`;
  const session = rules.sessions.get(sessionKey);
  const socket = connect({
    ...{ socket: plain, host, secureContext: rules.secureContext(), ALPNProtocols: ['http/1.1'] },
    // SNI knows names only; for an address the certificate is compared with `host`.
    ...(!isIP(certificateName) && { servername: certificateName }),
    ...(session && { session }),
  });
  socket.on('session', (ticket: Buffer) => rules.sessions.set(sessionKey, ticket));
  return socket;
}

function toLookupAddress(address: string) {
  return { address, family: isIP(address) };
}

function waitFor(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, resolve);
    // Also keeps a later error of a socket that nobody uses yet from ending the process.
    socket.on('error', reject);
    socket.once('close', () => reject(connectionClosed()));
  });
}

function connectionClosed(): Error {
  return Object.assign(new Error('it closed the connection'), { code: 'ECONNRESET' });
}
