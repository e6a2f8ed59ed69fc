import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { countInteractiveSessions, readInteractiveSession } from '../../storage/accounts/read-interactive-sessions.ts';
import {
  deleteExpiredInteractiveSessions,
  deleteInteractiveSession,
  putInteractiveSession,
} from '../../storage/accounts/write-interactive-sessions.ts';
import { shardOfUser } from '../../storage/names/shard-of.ts';

/** People look for tokens and read terms meanwhile. */
export const interactiveLifetimeMs = 30 * 60_000;
const maxSessions = 50_000;

/** An interactive session. It is in the database, so that every process can continue it. */
export interface InteractiveSession {
  readonly id: string;
  readonly operation: string;
  readonly userId: string | null;
  readonly completed: readonly string[];
}

const sessionKey = ({ id }: { readonly id: string }) => `interactive session ${id}`;

export const saveInteractiveSessionCommand: Command<InteractiveSession, readonly string[]> = {
  name: 'save-interactive-session',
  key: sessionKey,
  releases: 'committed',
  async decide(shard, { id, operation, userId, completed }) {
    const { database } = shard.context;
    const stored = await readInteractiveSession(database, id);
    if (!stored && (await countInteractiveSessions(database, maxSessions)) >= maxSessions) {
      throw new MatrixError('M_LIMIT_EXCEEDED', 'Too many logins and registrations have begun', {
        fields: { retry_after_ms: 60_000 },
      });
    }
    const before = stored ? (JSON.parse(stored.completed) as string[]) : [];
    const all = [...new Set([...before, ...completed])];
    const row = { id, operation, userId, completed: JSON.stringify(all) };
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [
        ...(stored ? [] : [deleteExpiredInteractiveSessions()]),
        putInteractiveSession(row, interactiveLifetimeMs),
      ],
    }));
    return { result: all, committed };
  },
};

export const closeInteractiveSessionCommand: Command<{ readonly id: string }, null> = {
  name: 'close-interactive-session',
  key: sessionKey,
  releases: 'committed',
  decide(shard, { id }) {
    return {
      result: null,
      committed: shard.append(0, () => ({ entries: [], writes: [deleteInteractiveSession(id)] })),
    };
  },
};

/** The session with an id, when it is of this operation and user and not over. */
export async function findInteractiveSession(
  context: Context,
  id: string,
  operation: string,
  userId: string | null,
): Promise<InteractiveSession | undefined> {
  if (id.includes('\0')) return undefined;
  const stored = await readInteractiveSession(context.database, id);
  if (stored?.operation !== operation || stored.userId !== userId) return undefined;
  return { ...stored, completed: JSON.parse(stored.completed) as string[] };
}

/** Stores a session, adding the stages to those that are complete. Gives all of them. */
export async function saveInteractiveSession(
  context: Context,
  session: InteractiveSession,
): Promise<readonly string[]> {
  return context.shardLog.submit(saveInteractiveSessionCommand, shardOfUser(context, session.id), session);
}

export async function closeInteractiveSession(context: Context, id: string): Promise<void> {
  await context.shardLog.submit(closeInteractiveSessionCommand, shardOfUser(context, id), { id });
}
