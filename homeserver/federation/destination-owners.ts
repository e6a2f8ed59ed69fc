import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import type { SendingStatus } from './destination-status.ts';

/** What sends to the servers of a process's home shards, as far as commands know it. */
export interface DestinationOwner {
  /** Begins to send for a home shard that this process owns under `epoch`. */
  open(homeShard: number, epoch: number): Promise<void>;
  /** A server has shown that it is there. */
  heard(server: string): void;
  /** Tries messages to devices that were set aside for a server again; `withAll`: also those whose time has not come. */
  retrySetAside(server: string, withAll: boolean): void;
  /** The servers of a home shard for which something waits. */
  describe(homeShard: number): SendingStatus[];
}

/** Undefined in processes that send nothing, such as a command of the command line. */
export const destinationOwners = perContext<Context, { owner?: DestinationOwner }>(() => ({}));
