import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { shardOfNewRoom } from '../storage/names/shard-of.ts';
import { takeRoomNumber } from '../storage/rooms/read-room-summary.ts';
import { insertRoom } from '../storage/rooms/write-state.ts';
import { appendEvents, prepareToAppend } from './append-events.ts';
import type { EventIntent } from './event-intent.ts';
import { HotRoom } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import { initialRoomEvents, type RoomBlueprint } from './initial-room-events.ts';

interface CreateInput {
  readonly roomId: string;
  readonly version: string;
  readonly creator: string;
  readonly intents: readonly EventIntent[];
}

/** Makes a room with all its first events, or none of it. Repeating it finds the room made. */
export const createRoomCommand: Command<CreateInput, { roomId: string }> = {
  name: 'create-room',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, input) {
    const { roomId } = input;
    if (await findRoom(shard.context, roomId)) return { result: { roomId } };
    const room = await newHotRoom(shard, input);
    await prepareToAppend(shard, room, input.intents);
    const creator = (await internNames(shard.context, [input.creator])).get(input.creator) ?? 0;
    const { events, committed } = appendEvents(shard, room, input.intents, {
      alsoWrite: () => [insertRoom({ ...room.name, number: room.name.id, creator })],
    });
    if (events[0]?.roomId !== roomId) throw new Error('the create event does not make this room id');
    shard.remember(hotRooms).add(room);
    return { result: { roomId }, committed };
  },
};

async function newHotRoom(shard: OwnedShard, input: CreateInput): Promise<HotRoom> {
  const id = await takeRoomNumber(shard.context);
  const name = { id, roomId: input.roomId, shard: shard.id, version: input.version };
  const room = new HotRoom(name, {
    state: [],
    counts: { joined: 0, invited: 0 },
    tip: { prevEvents: [], depth: 1 },
    notifyOrdinal: 0,
  });
  // Nobody has a member event yet: nothing to look up.
  for (const intent of input.intents) if (intent.type === 'm.room.member') room.putAbsentMember(intent.stateKey ?? '');
  return room;
}

/**
 * Creates a room and returns its id once all its events are committed.
 * Throws M_UNSUPPORTED_ROOM_VERSION; M_INVALID_ROOM_STATE when the events contradict each other.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export async function createRoom(
  context: Context,
  version: string,
  blueprint: RoomBlueprint,
): Promise<{ roomId: string }> {
  const rules = roomVersionRules(version);
  if (!rules) throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${version} is not supported`);
  const intents = initialRoomEvents(rules, blueprint);
  const roomId = newRoomId(context, rules, intents[0] as EventIntent);
  try {
    return await context.shardLog.submit(createRoomCommand, shardOfNewRoom(context, roomId), {
      roomId,
      version,
      creator: blueprint.creator,
      intents,
    });
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== 'M_FORBIDDEN') throw error;
    throw new MatrixError('M_INVALID_ROOM_STATE', error.message);
  }
}

/** From version 12 on the create event's id; before, a random one. */
function newRoomId(context: Context, rules: RoomVersionRules, create: EventIntent): string {
  const { serverName, signingKey, random } = context;
  if (!rules.roomIdIsCreateHash) return `!${random.letters(18)}:${serverName}`;
  const draft = { ...create, depth: 1, prevEvents: [], authEvents: [] };
  const built = buildEvent(draft, rules, { name: serverName, ...signingKey }, cryptoPrimitives);
  if (!built) throw new Error('a create event could not be built');
  return built.roomId;
}
