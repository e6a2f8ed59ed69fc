import type { Context } from '../../platform/context.ts';

/** Whether a join of the room is on its way; one that was forgotten, because its process ended, is over by itself. */
export async function isJoinInProgress(context: Context, room: number): Promise<boolean> {
  const rows = await context.database`
    SELECT 1 FROM join_in_progress
    WHERE room = ${room} AND started_at > clock_timestamp() - interval '10 minutes'`;
  return rows.length > 0;
}
