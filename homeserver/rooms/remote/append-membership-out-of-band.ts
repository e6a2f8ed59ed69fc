import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { Command, OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames } from '../../storage/names/intern-names.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { shardOfRoom } from '../../storage/names/shard-of.ts';
import { clientJsonOf } from '../../storage/rooms/client-json.ts';
import { eventFlags, hiddenFlags, type StoredEvent, type StoredUnsigned } from '../../storage/rooms/event-row.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import { hasLocalMember } from '../../storage/rooms/read-local-members.ts';
import { takeRoomNumber } from '../../storage/rooms/read-room-summary.ts';
import { readState, type StateEvent } from '../../storage/rooms/read-state.ts';
import { readEventPlaces } from '../../storage/rooms/read-state-spans.ts';
import { storedText } from '../../storage/rooms/stored-text.ts';
import { insertEvent } from '../../storage/rooms/write-events.ts';
import { closeStateSpan, insertRoom, openStateSpan } from '../../storage/rooms/write-state.ts';
import { hotRooms } from '../hot-rooms.ts';
import type { ReceivedEvent } from '../received-event.ts';

interface OutOfBandInput {
  readonly roomId: string;
  readonly version: string;
  readonly event: ReceivedEvent;
  /** What came with it: stripped state, and where it came from. */
  readonly unsigned: Pick<StoredUnsigned, 'invite_room_state' | 'knock_room_state' | 'resident_server'>;
}

/** `isInRoom`: nothing was written, since this server is in the room and takes its events there in their order. */
interface OutOfBandResult {
  readonly isInRoom: boolean;
}

/**
 * An event about a local user's membership in a room that this server is not in: an invitation, a knock, or the end of
 * either. It is told to clients as every member event is, but it comes after nothing and nothing comes after it.
 */
export const appendMembershipOutOfBandCommand: Command<OutOfBandInput, OutOfBandResult> = {
  name: 'append-membership-out-of-band',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, input) {
    const { context } = shard;
    await shard.settled();
    const known = await findRoom(context, input.roomId);
    if (known && (await hasLocalMember(context, known))) return { result: { isInRoom: true } };
    const result = { isInRoom: false };
    if (known && (await isPlaced(context, known, input.event.eventId))) return { result };
    const pdu = JSON.parse(input.event.pduJson) as Pdu;
    const room = known ?? {
      ...{ id: await takeRoomNumber(context), roomId: input.roomId, shard: shard.id, version: input.version },
    };
    const userId = pdu.state_key ?? '';
    const [replaced] = known ? await readState(context, room, { keys: [['m.room.member', userId]] }) : [];
    const names = await internNames(context, [pdu.type, pdu.sender, userId]);
    const committed = shard.append(1, (position) => ({
      entries: [{ kind: 'event', body: entryBody(room, input, pdu, replaced) }],
      writes: [
        ...(known ? [] : [insertRoom({ ...room, number: room.id, creator: nobody })]),
        ...memberWrites(shard, { room, input, pdu, replaced, names }, position),
      ],
    }));
    shard.remember(hotRooms).forget(input.roomId);
    return { result, committed };
  },
};

/** The number of the empty name: who made the room is not known. */
const nobody = 2;

async function isPlaced(context: Context, room: RoomName, eventId: string): Promise<boolean> {
  const place = (await readEventPlaces(context, room, [eventId])).get(eventId);
  return place !== undefined && (place.flags & hiddenFlags) === 0;
}

function entryBody(room: RoomName, { event }: OutOfBandInput, pdu: Pdu, replaced: StoredEvent | undefined) {
  const rules = roomVersionRules(room.version);
  if (!rules) throw new Error(`an event of the unknown room version ${room.version}`);
  return {
    roomId: room.roomId,
    eventId: event.eventId,
    type: pdu.type,
    sender: pdu.sender,
    stateKey: pdu.state_key ?? '',
    originServerTs: pdu.origin_server_ts,
    content: pdu.content,
    clientJson: clientJsonOf(rules, event.eventId, pdu),
    notifyOrdinal: 0,
    notifies: false,
    ...(replaced && {
      replaced: { eventId: replaced.eventId, sender: replaced.pdu.sender, content: replaced.pdu.content },
    }),
  };
}

interface MemberChange {
  readonly room: RoomName;
  readonly input: OutOfBandInput;
  readonly pdu: Pdu;
  readonly replaced: StateEvent | undefined;
  readonly names: ReadonlyMap<string, number>;
}

function memberWrites(shard: OwnedShard, change: MemberChange, position: number): Write[] {
  const { room, input, pdu, replaced, names } = change;
  const unsigned: StoredUnsigned = { ...input.unsigned, ...(replaced && { replaces_state: replaced.eventId }) };
  const span = {
    shard: shard.id,
    room: room.id,
    type: names.get(pdu.type) ?? 0,
    stateKey: names.get(pdu.state_key ?? '') ?? 0,
    membership: membershipCode(pdu.content['membership']),
  };
  return [
    insertEvent({
      shard: shard.id,
      position,
      room: room.id,
      sender: names.get(pdu.sender) ?? 0,
      type: names.get(pdu.type) ?? 0,
      eventId: input.event.eventId,
      transactionHash: null,
      transaction: null,
      notifyOrdinal: 0,
      flags: eventFlags.state,
      thread: null,
      pduJson: storedText(input.event.pduJson, unsigned),
      auth: null,
    }),
    ...(replaced ? [closeStateSpan(span, replaced.since, position)] : []),
    openStateSpan(span, position, position),
  ];
}

/** See appendMembershipOutOfBandCommand. The event's signatures must have been checked. */
export async function appendMembershipOutOfBand(
  context: Context,
  input: OutOfBandInput,
): Promise<{ readonly isInRoom: boolean }> {
  return await context.shardLog.submit(
    appendMembershipOutOfBandCommand,
    await shardOfRoom(context, input.roomId),
    input,
  );
}
