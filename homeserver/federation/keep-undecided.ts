import { hash } from 'node:crypto';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { deleteUndecidedPdu, insertUndecidedPdu } from '../storage/federation/write-undecided-pdus.ts';
import type { RoomName } from '../storage/names/room-names.ts';

/** An event as it came. */
export interface UndecidedText {
  readonly identity: string;
  readonly text: string;
}

/** Names the text of an event. */
export function identityOf(text: string): string {
  return hash('sha256', text, 'base64url');
}

interface KeepInput {
  readonly roomId: string;
  readonly room: number;
  readonly origin: string;
  readonly events: readonly UndecidedText[];
}

/** Keeps events until it is known what becomes of them. Waits for nothing else that is done in the room. */
export const keepUndecidedCommand: Command<KeepInput, null> = {
  name: 'keep-undecided',
  key: ({ roomId }) => `undecided ${roomId}`,
  releases: 'decided',
  decide(shard, { room, origin, events }) {
    const committed = shard.append(0, () => ({
      entries: [],
      writes: events.map((event) => insertUndecidedPdu({ shard: shard.id, room, origin, ...event })),
    }));
    return { result: null, committed };
  },
};

interface ForgetInput {
  readonly roomId: string;
  readonly room: number;
  readonly identities: readonly string[];
}

/** Forgets events of which it is known what became. */
export const forgetUndecidedCommand: Command<ForgetInput, null> = {
  name: 'forget-undecided',
  key: ({ roomId }) => `undecided ${roomId}`,
  releases: 'decided',
  decide(shard, { room, identities }) {
    const committed = shard.append(0, () => ({
      entries: [],
      writes: identities.map((identity) => deleteUndecidedPdu(room, identity)),
    }));
    return { result: null, committed };
  },
};

/** Resolves when the events are committed. Throws when they cannot be at the moment. */
export async function keepUndecided(
  context: Context,
  { roomId, id: room, shard }: RoomName,
  origin: string,
  events: readonly UndecidedText[],
): Promise<void> {
  await context.shardLog.submit(keepUndecidedCommand, shard, { roomId, room, origin, events });
}

export async function forgetUndecided(
  context: Context,
  { roomId, id: room, shard }: RoomName,
  identities: readonly string[],
): Promise<void> {
  if (identities.length === 0) return;
  await context.shardLog.submit(forgetUndecidedCommand, shard, { roomId, room, identities });
}
