import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { cachedNameId, internNames } from '../storage/names/intern-names.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { membershipCode } from '../storage/rooms/membership-codes.ts';
import { readEventsById } from '../storage/rooms/read-events.ts';
import { readKnownTuples } from '../storage/rooms/read-spans.ts';
import { stateFromTheBeginning } from '../storage/rooms/read-state.ts';
import { openStateSpan } from '../storage/rooms/write-state.ts';
import type { StateEntry } from './hot-room.ts';
import { StateEntries } from './state-entries.ts';
import type { Override } from './state-overrides.ts';

/** Of one query, and of one transaction; so few that parsing them keeps nobody else waiting. */
const eventsPerStep = 250;

export interface GivenState {
  /** All of it, rejected events left out. */
  readonly state: readonly Override[];
  /** It is the room's current one now, as it is where the room had none. */
  readonly isCurrent: boolean;
  /** What of it was new, without members. */
  readonly entries: readonly StateEntry[];
}

/**
 * Makes stored events (by id) the room's state from its beginning on, those of them that are of a (type, state key)
 * which the room has never had here. Under the room's key; in several transactions, each of which is good by itself.
 */
export async function addStateFromTheBeginning(
  shard: OwnedShard,
  room: RoomName,
  eventIds: readonly string[],
): Promise<GivenState> {
  const known = await readKnownTuples(shard.context, room);
  const isCurrent = known.size === 0;
  const state: Override[] = [];
  const entries: StateEntry[] = [];
  const kept = new StateEntries();
  for (let first = 0; first < eventIds.length; first += eventsPerStep) {
    const events = await readEventsById(shard.context, eventIds.slice(first, first + eventsPerStep));
    const names = [...events.values()].flatMap(({ pdu }) => [pdu.type, pdu.state_key ?? '']);
    await internNames(shard.context, names);
    const writes: Write[] = [];
    for (const { eventId, position, pdu, flags, roomId } of events.values()) {
      const { type, state_key: stateKey } = pdu;
      if (stateKey === undefined || (flags & eventFlags.rejected) !== 0 || roomId !== room.roomId) continue;
      state.push({ type, stateKey, event: { eventId, position } });
      const [typeId, keyId] = [cachedNameId(shard.context, type), cachedNameId(shard.context, stateKey)];
      if (typeId === undefined || keyId === undefined) throw new Error('a name that was interned is not known');
      if (known.has(`${typeId} ${keyId}`)) continue;
      known.add(`${typeId} ${keyId}`);
      const membership = type === 'm.room.member' ? membershipCode(pdu.content['membership']) : null;
      const span = { shard: shard.id, room: room.id, type: typeId, stateKey: keyId, membership };
      writes.push(openStateSpan(span, stateFromTheBeginning, position));
      if (type !== 'm.room.member') {
        entries.push(kept.entryOf({ eventId, roomId, pdu, position, since: stateFromTheBeginning }));
      }
    }
    if (writes.length > 0) await shard.append(0, () => ({ entries: [], writes }));
  }
  return { state, isCurrent, entries };
}
