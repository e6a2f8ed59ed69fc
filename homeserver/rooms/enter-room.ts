import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type StateTuple, stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Context } from '../platform/context.ts';
import type { Change } from '../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import type { MissingStateEvent } from '../storage/rooms/missing-state-event.ts';
import { readCurrentStateIds } from '../storage/rooms/read-auth-graph.ts';
import { hasLocalMember } from '../storage/rooms/read-local-members.ts';
import { insertMissingState } from '../storage/rooms/write-missing-state.ts';
import { insertPartialRoom } from '../storage/rooms/write-partial-rooms.ts';
import { addStateFromTheBeginning } from './given-state.ts';
import { hotRooms } from './hot-rooms.ts';
import { negativePositions } from './negative-positions.ts';
import { prepareEvents } from './prepare-events.ts';
import type { ReceivedOutcome } from './receive-events.ts';
import { receiveWithState } from './receive-on-fork.ts';
import { parseReceivedEvent, type ReceivedEvent } from './received-event.ts';
import { RoomReceiver } from './room-receiver.ts';
import { noOverrides, type Override, type Overrides } from './state-overrides.ts';

interface EnterInput {
  readonly roomId: string;
  readonly joinEvent: ReceivedEvent;
  readonly stateEventIds: readonly string[];
  /** Most member events are not among the state: these servers can tell them, the one that took the join first. */
  readonly partial: { readonly servers: readonly string[] } | null;
  /** All was told, and some of it could not be had: these servers are asked for it again. */
  readonly lacking?: { readonly servers: readonly string[]; readonly missing: readonly MissingStateEvent[] } | null;
}

export const enterRoomCommand: Command<EnterInput, ReceivedOutcome> = {
  name: 'enter-room',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, { roomId, joinEvent, stateEventIds, partial, lacking }) {
    await shard.settled();
    const name = await findRoom(shard.context, roomId);
    if (!name) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
    // Another join was faster.
    if (await hasLocalMember(shard.context, name)) return { result: { eventId: joinEvent.eventId, outcome: 'known' } };
    const event = parseReceivedEvent(roomId, { ...joinEvent, isSentElsewhere: true });
    const { state, isCurrent, entries } = await addStateFromTheBeginning(shard, name, stateEventIds);
    // What was in memory is behind now.
    shard.remember(hotRooms).forget(roomId);
    const room = await shard.remember(hotRooms).load(roomId, isCurrent ? entries : undefined);
    if (!room) throw new Error(`the room ${roomId} went away`);
    room.isPartial = partial !== null;
    await shard.remember(negativePositions).loaded();
    const lowestPosition = shard.remember(negativePositions).lowest;
    const receiver = new RoomReceiver(shard, room);
    await prepareEvents(shard, room, [event.pdu]);
    await receiver.loadReferences([event]);
    if (receiver.isHere(event.eventId)) return { result: { eventId: event.eventId, outcome: 'known' } };
    const overrides = isCurrent ? noOverrides : await differencesFromNow(shard, name, state, partial !== null);
    const { verdict, reason } = await receiveWithState(receiver, event, {
      before: { overrides, place: undefined },
      // Where this server was in the room before, what it had then is no state that the event could contradict.
      isJudgedByCurrentState: false,
      findSuperseded: () => Promise.resolve(new Set(room.extremities.map(({ eventId }) => eventId))),
      alsoWrite: (position) => {
        const servers = partial?.servers ?? lacking?.servers;
        if (!servers) return [];
        const row = { room: name.id, position, joinEventId: event.eventId, lowestPosition, servers };
        return [
          insertPartialRoom({ ...row, isWhole: !partial }),
          ...(lacking?.missing ?? []).map((missing) => insertMissingState(name.id, missing)),
        ];
      },
    });
    receiver.flush();
    if (verdict === 'accepted') void shard.append(1, () => stateIsNew(roomId, !partial));
    const result = { eventId: event.eventId, outcome: verdict, ...(reason !== undefined && { reason }) };
    return { result, ...(receiver.committed && { committed: receiver.committed }) };
  },
};

/** What is kept in memory of the room, wherever, does not hold any more. */
function stateIsNew(roomId: string, isWhole: boolean): Change {
  return { entries: [{ kind: 'room-state', body: { roomId, isWhole } }], writes: [] };
}

/**
 * A state as its differences from the room's current one. A member of whom a partial state says nothing is who was known
 * here before.
 */
async function differencesFromNow(
  shard: OwnedShard,
  room: RoomName,
  state: readonly Override[],
  isPartial: boolean,
): Promise<Overrides> {
  const given = new Map<StateTuple, Override>();
  for (const override of state) given.set(stateTuple(override.type, override.stateKey), override);
  for (const { type, stateKey, eventId } of await readCurrentStateIds(shard.context, room)) {
    const tuple = stateTuple(type, stateKey);
    const override = given.get(tuple);
    if (override?.event?.eventId === eventId) given.delete(tuple);
    else if (!override && !(isPartial && type === 'm.room.member')) {
      given.set(tuple, { type, stateKey, event: undefined });
    }
  }
  return given;
}

/**
 * Adds the join by which this server comes to a room, once the room's state before it, with all auth chains, is stored
 * (addOutliers); with partial state, addMissingState brings the missing members. The join becomes the room's only forward
 * extremity. Repeating it changes nothing, and 'known' is also the outcome where another join was faster. Throws
 * M_NOT_FOUND for a room of which nothing is stored.
 */
export async function enterRoom(context: Context, request: EnterInput): Promise<ReceivedOutcome> {
  const room = await findRoom(context, request.roomId);
  if (!room) throw new MatrixError('M_NOT_FOUND', 'No such room is known here');
  return await context.shardLog.submit(enterRoomCommand, room.shard, request);
}
