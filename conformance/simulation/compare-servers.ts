import { createHash } from 'node:crypto';
import type { StateMap } from '@holdfast/protocol/state-resolution/state-map.ts';
import { currentState, type Server, type StoredEvent } from './server.ts';

export interface Agreement {
  /** The first thing that servers see differently; undefined where they agree in everything. */
  readonly divergence: string | undefined;
  /** A hash of all that they agree on, by which two runs are compared. */
  readonly fingerprint: string;
}

/**
 * Compares what servers made of the same events: which they have, which they rejected, the state after each, and the
 * room's state now. Soft failure is no part of it, since it depends on the order of arrival.
 */
export function compareServers(servers: readonly Server[]): Agreement {
  const [home, ...others] = servers as [Server, ...Server[]];
  const digests = servers.map(describeServer);
  const [reference = new Map()] = digests;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([...reference]))
    .digest('hex')
    .slice(0, 16);
  for (const [index, other] of others.entries()) {
    const divergence = findDifference(reference, digests[index + 1] ?? new Map());
    if (divergence !== undefined) return { divergence: `${home.name} and ${other.name}: ${divergence}`, fingerprint };
  }
  return { divergence: undefined, fingerprint };
}

/** What a server holds, as texts by the name of what they tell of, oldest events first. */
function describeServer(server: Server): Map<string, string> {
  const described = new Map<string, string>();
  const hashes = new Map<StateMap, string>();
  const events = [...server.events].sort(([leftId, left], [rightId, right]) => {
    return left.event.pdu.depth - right.event.pdu.depth || (leftId < rightId ? -1 : 1);
  });
  for (const [eventId, stored] of events) described.set(`the event ${eventId}`, describeEvent(stored, hashes));
  described.set('the events that still wait', [...server.waiting.keys()].sort().join(' '));
  described.set('the forward extremities', [...server.forwardExtremities].sort().join(' '));
  described.set('the current state', describeState(currentState(server)));
  return described;
}

function describeEvent(stored: StoredEvent, hashes: Map<StateMap, string>): string {
  let hash = hashes.get(stored.stateAfter);
  if (hash === undefined) {
    hash = createHash('sha1').update(describeState(stored.stateAfter)).digest('hex');
    hashes.set(stored.stateAfter, hash);
  }
  const { type, state_key: stateKey, sender } = stored.event.pdu;
  const verdict = stored.verdict === 'rejected' ? 'rejected' : 'accepted';
  return `${type} ${stateKey ?? 'without state key'} of ${sender}, ${verdict}, state after it ${hash}`;
}

function describeState(state: StateMap): string {
  return [...state]
    .map(([tuple, eventId]) => `${tuple}=${eventId}`)
    .sort()
    .join(' ');
}

function findDifference(left: ReadonlyMap<string, string>, right: ReadonlyMap<string, string>): string | undefined {
  for (const [name, text] of left) {
    if (right.get(name) !== text) return `${name} is "${text}" here and "${right.get(name) ?? 'missing'}" there`;
  }
  for (const name of right.keys()) if (!left.has(name)) return `${name} is missing here`;
  return undefined;
}
