import type { Context } from '../../platform/context.ts';
import { findRoom } from './room-names.ts';

/** The shard of everything that belongs to a user: devices, account data, tokens, inboxes. */
export function shardOfUser(context: Context, userId: string): number {
  return hashText(userId) % context.shardLog.shardCount;
}

/** The shard of a room. It is chosen when the room is made and kept when the number of shards grows. */
export async function shardOfRoom(context: Context, roomId: string): Promise<number> {
  return (await findRoom(context, roomId))?.shard ?? shardOfNewRoom(context, roomId);
}

export function shardOfNewRoom(context: Context, roomId: string): number {
  return hashText(roomId) % context.shardLog.shardCount;
}

/** FNV-1a, 32 bit, over UTF-16 code units. Part of the stored layout: never changes. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
