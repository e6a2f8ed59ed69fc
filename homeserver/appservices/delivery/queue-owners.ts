import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import { hashText } from '../../storage/names/shard-of.ts';
import type { AppserviceQueue } from './appservice-queue.ts';

/** What sends to the application services of a process's home shards, as far as commands know it. */
export interface QueueOwner {
  /** Begins to send for a home shard that this process owns under `epoch`. */
  open(homeShard: number, epoch: number): Promise<void>;
  /** The queue of a service of a home shard of this process. */
  find(id: string): AppserviceQueue | undefined;
}

/** Undefined in processes that send nothing, such as a command of the command line. */
export const queueOwners = perContext<Context, { owner?: QueueOwner }>(() => ({}));

/** The shard whose owner sends to a service. */
export function homeShardOf(context: Context, id: string): number {
  return hashText(id) % context.shardLog.shardCount;
}
