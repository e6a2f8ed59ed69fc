import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { readAccountData } from '../storage/accounts/read-account-data.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { accountDataKey, writeAccountData } from './account-data.ts';

interface ChangeTagInput {
  readonly userId: string;
  readonly roomId: string;
  readonly tag: string;
  /** Null removes the tag. */
  readonly info: JsonObject | null;
}

const maxTags = 100;
const type = 'm.tag';

/** Tags are the account data of type m.tag of their room, changed one by one. */
export const changeRoomTagCommand: Command<ChangeTagInput, null> = {
  name: 'change-room-tag',
  key: ({ userId, roomId }) => accountDataKey({ userId, roomId, type }),
  releases: 'committed',
  async decide(shard, { userId, roomId, tag, info }) {
    const before = await readAccountData(shard.context.database, userId, roomId, type);
    const others = Object.entries(parseTags(before)).filter(([name]) => name !== tag);
    if (info !== null && others.length >= maxTags) {
      throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `A room has at most ${maxTags} tags`);
    }
    if (info === null && others.length === Object.keys(parseTags(before)).length) return { result: null };
    const tags = Object.fromEntries(info === null ? others : [...others, [tag, info]]);
    return writeAccountData(shard, { userId, roomId, type }, before, { tags });
  },
};

/** Sets a tag of a room (`info` such as `{ order: 0.5 }`), or with null removes it. */
export async function changeRoomTag(context: Context, change: ChangeTagInput): Promise<void> {
  await context.shardLog.submit(changeRoomTagCommand, shardOfUser(context, change.userId), change);
}

/** The tags of a user's room. https://spec.matrix.org/v1.19/client-server-api/#room-tagging */
export async function readRoomTags(context: Context, userId: string, roomId: string): Promise<JsonObject> {
  return parseTags(await readAccountData(context.database, userId, roomId, type));
}

/** Clients may also store m.tag themselves, so it may be of any form. */
function parseTags(content: string | undefined): JsonObject {
  const { tags } = JSON.parse(content ?? '{}') as JsonObject;
  return typeof tags === 'object' && tags !== null && !Array.isArray(tags) ? tags : {};
}
