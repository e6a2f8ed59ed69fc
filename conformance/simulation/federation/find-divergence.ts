import type { Context } from '@holdfast/homeserver/platform/context.ts';
import { findRoom } from '@holdfast/homeserver/storage/names/room-names.ts';
import { eventFlags } from '@holdfast/homeserver/storage/rooms/event-row.ts';
import { readCurrentStateIds } from '@holdfast/homeserver/storage/rooms/read-auth-graph.ts';

/** What a server's database says of a room. */
export interface RoomSnapshot {
  readonly serverName: string;
  /** Event ids in the timeline. */
  readonly accepted: ReadonlySet<string>;
  /** Kept because they are sound, and shown to nobody. */
  readonly softFailed: ReadonlySet<string>;
  readonly rejected: ReadonlySet<string>;
  /** Ids that stand in the timeline more than once. */
  readonly doubled: readonly string[];
  /** `type state_key` to event id. */
  readonly state: ReadonlyMap<string, string>;
}

export async function readSnapshot(context: Context, roomId: string): Promise<RoomSnapshot> {
  const room = await findRoom(context, roomId);
  if (!room) throw new Error(`${context.serverName} does not know the room`);
  const [rows, state] = await Promise.all([
    context.database<{ eventId: string; flags: number }[]>`
      SELECT event_id AS "eventId", flags FROM event WHERE shard = ${room.shard} AND room = ${room.id}`,
    readCurrentStateIds(context, room),
  ]);
  const accepted = new Set<string>();
  const softFailed = new Set<string>();
  const rejected = new Set<string>();
  const doubled: string[] = [];
  for (const { eventId, flags } of rows) {
    if ((flags & eventFlags.outlier) !== 0) continue;
    if ((flags & eventFlags.rejected) !== 0) rejected.add(eventId);
    else if ((flags & eventFlags.softFailed) !== 0) softFailed.add(eventId);
    else if (accepted.has(eventId)) doubled.push(eventId);
    else accepted.add(eventId);
  }
  return {
    ...{ serverName: context.serverName, accepted, softFailed, rejected, doubled },
    state: new Map(state.map(({ type, stateKey, eventId }) => [`${type} ${stateKey}`, eventId])),
  };
}

/**
 * The first thing in which servers disagree; undefined: in nothing. `before`: events that some of them need not have,
 * since they were there before those servers came. `told`: events whose senders were told that they are sent.
 */
export function findDivergence(
  snapshots: readonly RoomSnapshot[],
  before: ReadonlySet<string>,
  told: ReadonlySet<string>,
): string | undefined {
  const [first, ...others] = snapshots;
  if (!first) return 'there are no servers';
  const all = new Set([...told, ...snapshots.flatMap(({ accepted }) => [...accepted])]).difference(before);
  for (const snapshot of snapshots) {
    const { serverName, accepted, softFailed, rejected, doubled } = snapshot;
    if (doubled.length > 0) return `${serverName} has ${doubled[0]} twice`;
    for (const eventId of all) {
      if (rejected.has(eventId)) return `${serverName} rejected ${eventId}, which another server accepted`;
      if (!accepted.has(eventId) && !softFailed.has(eventId)) return `${serverName} has not got ${eventId}`;
    }
  }
  for (const other of others) {
    for (const key of new Set([...first.state.keys(), ...other.state.keys()])) {
      const [one, two] = [first.state.get(key), other.state.get(key)];
      if (one !== two) return `${key} is ${one} on ${first.serverName} and ${two} on ${other.serverName}`;
    }
  }
  return undefined;
}
