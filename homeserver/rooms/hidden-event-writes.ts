import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { eventFlags } from '../storage/rooms/event-row.ts';
import { insertEvent } from '../storage/rooms/write-events.ts';
import { forkWrites, nameId, storedJson } from './draft-writes.ts';
import type { HotRoom } from './hot-room.ts';
import type { Judgement } from './judge-event.ts';
import type { ParsedEvent } from './received-event.ts';
import { addToPlace, type StatePlace } from './state-overrides.ts';

/** The rows of an event that is rejected or soft-failed: in no timeline, with the state after it. */
export function hiddenEventWrites(
  shard: OwnedShard,
  room: HotRoom,
  hidden: {
    readonly event: ParsedEvent;
    readonly judgement: Judgement;
    readonly position: number;
    /** Of the state before it. */
    readonly place: StatePlace;
    readonly auth: readonly number[] | undefined;
    /** Id of the event in the place of a state event, in the state before it. */
    readonly replacesState: string | undefined;
  },
): Write[] {
  const { event, judgement, position, place, auth, replacesState } = hidden;
  const { type, sender, state_key: stateKey } = event.pdu;
  const isRejected = judgement.verdict === 'rejected';
  const verdictFlag = isRejected ? eventFlags.rejected : eventFlags.softFailed;
  const row = insertEvent({
    shard: shard.id,
    position,
    room: room.name.id,
    sender: nameId(shard, sender),
    type: nameId(shard, type),
    eventId: event.eventId,
    transactionHash: null,
    transaction: null,
    notifyOrdinal: 0,
    flags: verdictFlag | (stateKey === undefined ? 0 : eventFlags.state),
    thread: null,
    pduJson: storedJson(event, replacesState),
    auth: auth ?? null,
  });
  // A rejected event changes no state; a soft-failed one does so for those that come after it.
  if (isRejected || stateKey === undefined) return [row, ...forkWrites(shard, room, position, place)];
  const own = { type, stateKey, event: { eventId: event.eventId, position } };
  return [row, ...forkWrites(shard, room, position, addToPlace(place, own, position))];
}
