import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { PresenceState } from '../storage/ephemeral/presence-states.ts';
import { readPresence, type StoredPresence } from '../storage/ephemeral/read-presence.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { readSharers } from '../storage/sync/read-sharers.ts';
import { readUserRooms } from '../storage/sync/read-user-rooms.ts';
import { changePresenceCommand } from './change-presence.ts';

/** A state that a client sets counts for so long, unless the client syncs. */
const keepMs = 60_000;
/** The users of a bridge or bot do not sync: what it says of one of them counts until it says something else, or this is over. */
const keepForServiceMs = 30 * 60_000;

/**
 * Sets a user's own presence. `isByService`: the user's application service says so, which knows: such a user is not idle
 * by itself, and is not active by being told of again. Throws M_FORBIDDEN where presence is switched off.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3presenceuseridstatus
 */
export async function setPresence(
  context: Context,
  device: { readonly userId: string; readonly deviceId: string },
  presence: PresenceState,
  statusMessage: string | undefined,
  isByService = false,
): Promise<void> {
  if (!context.config.presence.enabled) throw new MatrixError('M_FORBIDDEN', 'This server does not tell presence');
  await context.shardLog.submit(changePresenceCommand, shardOfUser(context, device.userId), {
    ...device,
    presence,
    keepMs: isByService ? keepForServiceMs : keepMs,
    isSteady: isByService,
    isActive: presence === 'online' && !isByService,
    statusMessage: statusMessage ?? null,
  });
}

/**
 * A user's presence, as one may see it who shares a room with that user; undefined for who never was there. Throws
 * M_FORBIDDEN for others.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3presenceuseridstatus
 */
export async function getPresence(
  context: Context,
  askingUserId: string,
  userId: string,
): Promise<StoredPresence | undefined> {
  if (askingUserId !== userId) {
    const { rooms } = await readUserRooms(context, askingUserId);
    const joined = rooms.filter(({ membership }) => membership === 'join').map(({ room }) => room);
    const sharers = await readSharers(context, [userId], joined);
    if (!sharers.has(userId)) throw new MatrixError('M_FORBIDDEN', 'You are not allowed to see their presence');
  }
  return readPresence(context, userId);
}
