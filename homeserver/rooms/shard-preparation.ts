import type { Preparation } from '../platform/shard-log/prepared-shards.ts';
import { insertEvents } from '../storage/rooms/write-events.ts';
import { hotRooms } from './hot-rooms.ts';
import { recentTransactions } from './recent-transactions.ts';

/** What the next owner of a shard makes ready while the shard is still another's: what its first messages wait for. */
export const shardPreparation: Preparation = { memories: [recentTransactions, hotRooms], statements: [insertEvents] };
