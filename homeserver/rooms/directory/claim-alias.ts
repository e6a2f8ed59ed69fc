import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { parseRoomAlias } from '@holdfast/protocol/identifiers/room-alias.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import type { NewEntry } from '../../platform/shard-log/log-entry.ts';
import { readAlias, readAliasClaim } from '../../storage/directory/read-aliases.ts';
import { deleteAlias, putAlias } from '../../storage/directory/write-alias.ts';
import { hashText } from '../../storage/names/shard-of.ts';

interface ClaimInput {
  readonly alias: string;
  readonly roomId: string;
  readonly creator: string;
  /** Names this request, so that its repetition succeeds. */
  readonly request: string;
}

interface ReleaseInput {
  readonly alias: string;
  readonly roomId: string;
}

interface MoveInput {
  readonly alias: string;
  readonly from: string;
  readonly to: string;
  readonly creator: string;
}

/** `taken`: the alias leads elsewhere already, or is about to. */
export const claimAliasCommand: Command<ClaimInput, { readonly taken: boolean }> = {
  name: 'claim-alias',
  key: (input) => input.alias,
  releases: 'committed',
  async decide(shard, input) {
    const claim = await readAliasClaim(shard.context, input.alias);
    if (claim?.request === input.request) return { result: { taken: false } };
    if (claim && !claim.abandoned) return { result: { taken: true } };
    return {
      result: { taken: false },
      committed: shard.append(1, () => ({ entries: [aliasEntry(input.roomId)], writes: [putAlias(input)] })),
    };
  },
};

export const releaseAliasCommand: Command<ReleaseInput, Record<string, never>> = {
  name: 'release-alias',
  key: (input) => input.alias,
  releases: 'committed',
  decide: (shard, { alias, roomId }) => ({
    result: {},
    committed: shard.append(1, () => ({ entries: [aliasEntry(roomId)], writes: [deleteAlias(alias, roomId)] })),
  }),
};

export const moveAliasCommand: Command<MoveInput, Record<string, never>> = {
  name: 'move-alias',
  key: (input) => input.alias,
  releases: 'committed',
  async decide(shard, { alias, from, to, creator }) {
    const current = await readAlias(shard.context, alias);
    if (current?.roomId !== from) return { result: {} };
    const moved = putAlias({ alias, roomId: to, creator, request: '' });
    const entries = [aliasEntry(from), aliasEntry(to)];
    return { result: {}, committed: shard.append(2, () => ({ entries, writes: [moved] })) };
  },
};

/** What those have to be told who go by the aliases of a room. */
function aliasEntry(roomId: string): NewEntry {
  return { kind: 'room-alias', body: { roomId } };
}

/** All that happens to one alias is decided by one shard, whatever room it leads to. */
function shardOfAlias(context: Context, alias: string): number {
  return hashText(alias) % context.shardLog.shardCount;
}

/** Makes an alias lead to a room. False when it is taken. */
export async function claimAlias(context: Context, claim: Omit<ClaimInput, 'request'>): Promise<boolean> {
  const input = { ...claim, request: context.random.uuid() };
  const { taken } = await context.shardLog.submit(claimAliasCommand, shardOfAlias(context, claim.alias), input);
  return !taken;
}

/** The opposite; nothing happens when the alias leads to another room. */
export async function releaseAlias(context: Context, alias: string, roomId: string): Promise<void> {
  await context.shardLog.submit(releaseAliasCommand, shardOfAlias(context, alias), { alias, roomId });
}

/** Makes an alias of one room lead to another; nothing happens when it leads elsewhere by now. */
export async function moveAlias(context: Context, move: MoveInput): Promise<void> {
  await context.shardLog.submit(moveAliasCommand, shardOfAlias(context, move.alias), move);
}

/** Throws M_INVALID_PARAM unless the text is a room alias of this server. */
export function checkLocalAlias(context: Context, alias: string): void {
  const parsed = parseRoomAlias(alias);
  if (!parsed || parsed.localpart === '') throw new MatrixError('M_INVALID_PARAM', 'The room alias is not valid');
  if (parsed.serverName !== context.serverName) {
    throw new MatrixError('M_INVALID_PARAM', `Room aliases of this server end in :${context.serverName}`);
  }
}
