import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import { readShardPositions } from '../storage/sync/read-shard-positions.ts';

/** A process that is behind catches up within a second, or the database is away. */
const catchUpMs = 10_000;

/**
 * Waits until this process has seen the log up to these positions (by shard), which another process may have told.
 * Throws M_INVALID_PARAM for positions that no log of this homeserver has reached, and a 503 when it takes too long.
 */
export async function waitForPositions(
  context: Context,
  positions: readonly number[],
  signal: AbortSignal,
): Promise<void> {
  const { tail } = context.shardLog;
  if (isSeen(context, positions)) return;
  const written = await readShardPositions(context);
  if (positions.some((position, shard) => position > (written[shard] ?? 0))) {
    throw new MatrixError('M_INVALID_PARAM', 'since is not a token of this server');
  }
  for (const [shard, position] of positions.entries()) tail.catchUp(shard, position);
  const caughtUp = await new Promise<boolean>((resolve) => {
    const timer = context.clock.startTimer(catchUpMs, () => finish(false));
    const stop = tail.subscribe(() => isSeen(context, positions) && finish(true));
    const close = () => finish(true);
    const finish = (value: boolean) => {
      timer.cancel();
      stop();
      signal.removeEventListener('abort', close);
      resolve(value);
    };
    signal.addEventListener('abort', close, { once: true });
    if (isSeen(context, positions) || signal.aborted) finish(true);
  });
  if (caughtUp) return;
  throw new MatrixError('M_UNKNOWN', 'The server is behind, please try again', {
    status: 503,
    fields: { retry_after_ms: 1_000 },
  });
}

function isSeen({ shardLog }: Context, positions: readonly number[]): boolean {
  return positions.every((position, shard) => shardLog.tail.position(shard) >= position);
}
