import type { Context } from '../../platform/context.ts';
import { pauseAppserviceCommand, skipEventsCommand } from './queue-commands.ts';
import { homeShardOf } from './queue-owners.ts';

/** Has nothing sent to a service, or everything again. Throws M_NOT_FOUND. */
export async function setAppservicePaused(context: Context, id: string, isPaused: boolean): Promise<void> {
  await context.shardLog.submit(pauseAppserviceCommand, homeShardOf(context, id), { id, isPaused });
}

/** Has events passed over, see skipEventsCommand. Throws M_NOT_FOUND. */
export async function skipAppserviceEvents(
  context: Context,
  id: string,
  events: readonly string[] | 'all',
): Promise<readonly string[]> {
  const { skipped } = await context.shardLog.submit(skipEventsCommand, homeShardOf(context, id), { id, events });
  return skipped;
}
