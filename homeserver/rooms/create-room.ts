import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Command, OwnedShard } from '../platform/shard-log/command.ts';
import { setPublished } from '../storage/directory/write-published-rooms.ts';
import { internNames } from '../storage/names/intern-names.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { shardOfNewRoom } from '../storage/names/shard-of.ts';
import { takeRoomNumber } from '../storage/rooms/read-room-summary.ts';
import { textHash } from '../storage/rooms/text-hash.ts';
import { insertRoom } from '../storage/rooms/write-state.ts';
import { appendEvents, prepareToAppend } from './append-events.ts';
import { isLocalUser } from './check-invitees.ts';
import { checkNewRoom } from './check-new-room.ts';
import { claimAlias, releaseAlias } from './directory/claim-alias.ts';
import type { EventIntent } from './event-intent.ts';
import { HotRoom } from './hot-room.ts';
import { hotRooms } from './hot-rooms.ts';
import { initialRoomEvents, type NewRoom, type RoomBlueprint } from './initial-room-events.ts';
import { recentTransactions } from './recent-transactions.ts';
import { inviteRemoteUser } from './remote/invite-remote-user.ts';

interface CreateInput {
  readonly roomId: string;
  readonly version: string;
  readonly creator: string;
  readonly intents: readonly EventIntent[];
  readonly published: boolean;
  /** Names the request: its repetition finds the room that it made. */
  readonly identity: string;
}

/** `taken`: another request made a room of this id. */
interface CreateResult {
  readonly taken: boolean;
}

/** Makes a room with all its first events, or none of it. */
export const createRoomCommand: Command<CreateInput, CreateResult> = {
  name: 'create-room',
  key: (input) => input.roomId,
  releases: 'committed',
  async decide(shard, input) {
    const earlier = await shard.remember(recentTransactions).find(textHash(input.identity));
    if (earlier) return { result: { taken: false }, committed: earlier.committed };
    if (await findRoom(shard.context, input.roomId)) return { result: { taken: true } };
    const room = await newHotRoom(shard, input);
    await prepareToAppend(shard, room, input.intents);
    const creator = (await internNames(shard.context, [input.creator])).get(input.creator) ?? 0;
    const { events, committed } = appendEvents(shard, room, input.intents, {
      identityHash: textHash(input.identity),
      alsoWrite: () => [
        insertRoom({ ...room.name, number: room.name.id, creator }),
        ...(input.published ? [setPublished(room.name.id, true)] : []),
      ],
    });
    if (events[0]?.roomId !== input.roomId) throw new Error('the create event does not make this room id');
    shard.remember(hotRooms).add(room);
    return { result: { taken: false }, ...(committed && { committed }) };
  },
};

async function newHotRoom(shard: OwnedShard, input: CreateInput): Promise<HotRoom> {
  const id = await takeRoomNumber(shard.context);
  const name = { id, roomId: input.roomId, shard: shard.id, version: input.version };
  return new HotRoom(name, {
    state: [],
    membersComplete: true,
    counts: { joined: 0, invited: 0 },
    extremities: [],
    notifyOrdinal: 0,
    changedAt: shard.nextPosition,
  });
}

/** Users of other servers who are invited at the same time. */
const invitesSideBySide = 10;
/** From version 12 on, equal requests of one user in the same millisecond make the same id: later ones move on. */
const maxAttempts = 20;

/**
 * Creates a room and returns its id once all its events are committed.
 * Throws M_UNSUPPORTED_ROOM_VERSION; M_ROOM_IN_USE when the alias is taken; M_INVALID_ROOM_STATE when the events
 * contradict each other; M_BAD_JSON, M_TOO_LARGE, M_BAD_ALIAS, M_INVALID_PARAM, and for invited users M_FORBIDDEN and
 * M_INVITE_BLOCKED.
 * https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom
 */
export async function createRoom(context: Context, version: string, request: NewRoom): Promise<{ roomId: string }> {
  const rules = roomVersionRules(version);
  if (!rules) throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${version} is not supported`);
  const blueprint = await checkNewRoom(context, rules, request);
  const identity = context.random.uuid();
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const originServerTs = request.originServerTs + attempt;
    const intents = initialRoomEvents(rules, { ...blueprint, originServerTs });
    const roomId = newRoomId(context, rules, intents[0] as EventIntent);
    const published = request.published ?? false;
    const input = { roomId, version, creator: request.creator, intents, published, identity };
    if (!(await createWithAlias(context, input, request.canonicalAlias))) continue;
    await inviteRemoteUsers(context, roomId, blueprint);
    return { roomId };
  }
  throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many rooms of the same kind were made in this moment');
}

/** All are tried; throws what the first refusal says. The room is there all the same. */
async function inviteRemoteUsers(context: Context, roomId: string, blueprint: RoomBlueprint): Promise<void> {
  const remote = blueprint.invite.filter((userId) => !isLocalUser(context, userId));
  const refusals: unknown[] = [];
  for (let start = 0; start < remote.length; start += invitesSideBySide) {
    const invites = remote.slice(start, start + invitesSideBySide).map((userId) =>
      inviteRemoteUser(context, roomId, {
        type: 'm.room.member',
        sender: blueprint.creator,
        stateKey: userId,
        content: { membership: 'invite', ...(blueprint.isDirect && { is_direct: true }) },
        originServerTs: context.clock.wallMs(),
      }),
    );
    for (const { status, reason } of (await Promise.allSettled(invites)) as { status: string; reason?: unknown }[]) {
      if (status === 'rejected') refusals.push(reason);
    }
  }
  if (refusals.length > 0) throw refusals[0];
}

/** False when the room id is taken. Without a room, the alias is free again. */
async function createWithAlias(context: Context, input: CreateInput, alias: string | undefined): Promise<boolean> {
  const { roomId, creator } = input;
  if (alias !== undefined && !(await claimAlias(context, { alias, roomId, creator }))) {
    throw new MatrixError('M_ROOM_IN_USE', `Room alias ${alias} already exists`);
  }
  const release = async () => {
    if (alias !== undefined) await releaseAlias(context, alias, roomId);
  };
  try {
    const { taken } = await context.shardLog.submit(createRoomCommand, shardOfNewRoom(context, roomId), input);
    if (taken) await release();
    return !taken;
  } catch (error) {
    // What else went wrong is not known to have failed for good: an alias that leads nowhere becomes free by itself.
    if (!(error instanceof MatrixError) || error.status >= 500) throw error;
    await release();
    throw error.errcode === 'M_FORBIDDEN' ? new MatrixError('M_INVALID_ROOM_STATE', error.message) : error;
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
