import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import type { Command, Decision, OwnedShard } from '../platform/shard-log/command.ts';
import { countAccountData, readAccountData } from '../storage/accounts/read-account-data.ts';
import { putAccountData } from '../storage/accounts/write-account-data.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';

/** Which account data: `roomId` empty means global. */
export interface AccountDataPlace {
  readonly userId: string;
  readonly roomId: string;
  readonly type: string;
}

interface SetAccountDataInput extends AccountDataPlace {
  readonly content: JsonObject;
}

const maxPieces = 20_000;
/** What the server itself sets, by operations of its own. */
const serverControlledTypes = new Set(['m.fully_read', 'm.push_rules']);

/** Changes of one piece of account data run one after another. */
export function accountDataKey({ userId, roomId, type }: AccountDataPlace): string {
  return `account data ${userId} ${roomId} ${type}`;
}

export const setAccountDataCommand: Command<SetAccountDataInput, null> = {
  name: 'set-account-data',
  key: accountDataKey,
  releases: 'committed',
  async decide(shard, input) {
    const before = await readAccountData(shard.context.database, input.userId, input.roomId, input.type);
    return writeAccountData(shard, input, before, input.content);
  },
};

/** Stores account data. Throws M_BAD_JSON (405) for types that the server controls. */
export async function setAccountData(context: Context, place: AccountDataPlace, content: JsonObject): Promise<void> {
  if (serverControlledTypes.has(place.type)) {
    throw new MatrixError('M_BAD_JSON', `Cannot set ${place.type} through this API`, { status: 405 });
  }
  await context.shardLog.submit(setAccountDataCommand, shardOfUser(context, place.userId), { ...place, content });
}

/** Throws M_NOT_FOUND where there is none. */
export async function getAccountData(context: Context, place: AccountDataPlace): Promise<string> {
  const content = await readAccountData(context.database, place.userId, place.roomId, place.type);
  if (content === undefined) throw new MatrixError('M_NOT_FOUND', 'There is no account data of this type');
  return content;
}

/** Finishes a decision about one piece of account data, `before` being its JSON so far. Null deletes it. */
export async function writeAccountData(
  shard: OwnedShard,
  { userId, roomId, type }: AccountDataPlace,
  before: string | undefined,
  content: JsonObject | null,
): Promise<Decision<null>> {
  if (before === undefined && (await countAccountData(shard.context.database, userId)) >= maxPieces) {
    throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', 'This account has too much account data');
  }
  const committed = shard.append(1, (position) => ({
    entries: [{ kind: 'account-data', body: { userId, ...(roomId !== '' && { roomId }), type, content } }],
    writes: [
      putAccountData({
        ...{ userId, roomId, type, shard: shard.id, position },
        content: content === null ? null : JSON.stringify(content),
      }),
    ],
  }));
  return { result: null, committed };
}
