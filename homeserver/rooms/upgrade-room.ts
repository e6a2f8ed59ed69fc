import { requiredPowerLevel } from '@holdfast/protocol/authorization/power-levels.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { readAliasesOfRoom } from '../storage/directory/read-aliases.ts';
import { isPublished } from '../storage/directory/read-published-rooms.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../storage/names/room-names.ts';
import { membershipCodes } from '../storage/rooms/membership-codes.ts';
import { readForwardExtremities } from '../storage/rooms/read-room-summary.ts';
import { readState } from '../storage/rooms/read-state.ts';
import { changeMembership } from './change-membership.ts';
import { createRoom } from './create-room.ts';
import { listAliases } from './directory/check-canonical-alias.ts';
import { moveAlias } from './directory/claim-alias.ts';
import { setDirectoryVisibility } from './directory/publish-room.ts';
import { readPowers } from './read-powers.ts';
import { closedPowerLevels, type OldRoom, replacementRoom } from './replacement-room.ts';
import { notInRoom } from './room-command.ts';
import { sendStateEvent } from './send-event.ts';

/** Bans that are events of the new room's making; further ones follow, a few side by side. */
const bansAtOnce = 500;
const bansSideBySide = 20;

export interface RoomUpgrade {
  readonly roomId: string;
  readonly userId: string;
  readonly newVersion: string;
  readonly additionalCreators: readonly string[];
}

/**
 * Replaces a room by one of another version: makes the new room with the old one's settings and bans, moves the local
 * aliases, and closes the old one with a tombstone. Returns the new room's id. When it breaks off in between, the old
 * room goes on and the upgrade can be asked for again.
 * Throws M_UNSUPPORTED_ROOM_VERSION, M_FORBIDDEN, M_INVALID_PARAM, M_INVALID_ROOM_STATE.
 * https://spec.matrix.org/v1.19/client-server-api/#room-upgrades
 */
export async function upgradeRoom(context: Context, upgrade: RoomUpgrade): Promise<string> {
  const { roomId, userId, newVersion, additionalCreators } = upgrade;
  const rules = roomVersionRules(newVersion);
  if (!rules) throw new MatrixError('M_UNSUPPORTED_ROOM_VERSION', `Room version ${newVersion} is not supported`);
  if (!additionalCreators.every(isUserId)) {
    throw new MatrixError('M_INVALID_PARAM', 'An additional creator is no user id');
  }
  await checkMayReplace(context, roomId, userId);
  const room = await findRoom(context, roomId);
  if (!room) throw notInRoom();
  const old = await readOldRoom(context, room);
  const request = replacementRoom(
    rules,
    { ...old, bans: old.bans.slice(0, bansAtOnce) },
    {
      userId,
      additionalCreators,
      originServerTs: context.clock.wallMs(),
    },
  );
  const { roomId: newRoomId } = await createRoom(context, newVersion, request);
  await banTheOthers(context, old, userId, newRoomId);
  await moveAliases(context, old, userId, newRoomId);
  await closeOldRoom(context, old, userId, newRoomId);
  return newRoomId;
}

/** Throws M_FORBIDDEN unless the user may send m.room.tombstone. */
async function checkMayReplace(context: Context, roomId: string, userId: string): Promise<void> {
  const powers = await readPowers(context, roomId, userId);
  if (powers?.membership !== 'join') throw notInRoom();
  const level = requiredPowerLevel(powers.powerLevels, 'm.room.tombstone', true);
  if (powers.level < level) {
    throw new MatrixError('M_FORBIDDEN', `Upgrading this room needs a power level of ${level}`);
  }
}

async function readOldRoom(context: Context, room: RoomName): Promise<OldRoom> {
  const [state, bans, published, extremities] = await Promise.all([
    readState(context, room, { withoutMembers: true }),
    readState(context, room, { membersOnly: true, memberships: [membershipCodes.ban] }),
    isPublished(context, room.id),
    readForwardExtremities(context, room),
  ]);
  return {
    roomId: room.roomId,
    rules: rulesOfRoom(room),
    state,
    bans,
    isPublished: published,
    newestEventId: extremities.at(-1)?.eventId,
  };
}

async function banTheOthers(context: Context, old: OldRoom, userId: string, newRoomId: string): Promise<void> {
  const others = old.bans.slice(bansAtOnce);
  for (let start = 0; start < others.length; start += bansSideBySide) {
    const slice = others.slice(start, start + bansSideBySide);
    const bans = slice.map(async ({ pdu }) => {
      const { membership: _, ...content } = pdu.content;
      const target = pdu.state_key ?? '';
      await changeMembership(context, { roomId: newRoomId, action: 'ban', sender: userId, target, content });
    });
    await Promise.all(bans);
  }
}

/** Local aliases lead to the new room from now on, and the canonical alias stands there. */
async function moveAliases(context: Context, old: OldRoom, userId: string, newRoomId: string): Promise<void> {
  const moved = await readAliasesOfRoom(context, old.roomId);
  for (const alias of moved) await moveAlias(context, { alias, from: old.roomId, to: newRoomId, creator: userId });
  if (old.isPublished) {
    const visibility = 'private';
    await setDirectoryVisibility(context, { userId, isAdmin: true }, old.roomId, visibility);
  }
  const canonical = old.state.find(({ pdu }) => pdu.type === 'm.room.canonical_alias' && pdu.state_key === '');
  if (!canonical || moved.length === 0) return;
  const isMoved = (alias: JsonValue | undefined) => typeof alias === 'string' && moved.includes(alias);
  const kept = listAliases(canonical.pdu.content).filter((alias) => !isMoved(alias));
  const taken = listAliases(canonical.pdu.content).filter(isMoved);
  const { alias } = canonical.pdu.content;
  const contentOf = (aliases: (JsonValue | undefined)[]): JsonObject => ({
    ...(aliases.includes(alias) && { alias }),
    ...(aliases.some((other) => other !== alias) && {
      alt_aliases: aliases.filter((other) => other !== alias) as JsonValue[],
    }),
  });
  const type = 'm.room.canonical_alias';
  await sendStateEvent(context, { roomId: newRoomId, userId, type, stateKey: '', content: contentOf(taken) });
  await unlessForbidden(
    sendStateEvent(context, { roomId: old.roomId, userId, type, stateKey: '', content: contentOf(kept) }),
  );
}

async function closeOldRoom(context: Context, old: OldRoom, userId: string, newRoomId: string): Promise<void> {
  const send = (type: string, content: JsonObject) =>
    sendStateEvent(context, { roomId: old.roomId, userId, type, stateKey: '', content });
  await send('m.room.tombstone', { body: 'This room has been replaced', replacement_room: newRoomId });
  const closed = closedPowerLevels(old);
  if (closed) await unlessForbidden(send('m.room.power_levels', closed));
}

/** What is only tidied up in the old room may fail for want of power. */
async function unlessForbidden(sent: Promise<unknown>): Promise<void> {
  try {
    await sent;
  } catch (error) {
    if (!(error instanceof MatrixError) || error.errcode !== 'M_FORBIDDEN') throw error;
  }
}
