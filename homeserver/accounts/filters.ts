import { hash } from 'node:crypto';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseFilter } from '@holdfast/protocol/filters/parse-filter.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import { countFilters, readFilter } from '../storage/accounts/read-filters.ts';
import { insertFilter } from '../storage/accounts/write-filters.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';

interface StoreFilterInput {
  readonly userId: string;
  readonly filterId: string;
  readonly definition: string;
}

const maxFilters = 1_000;
const filterIdLength = 16;

export const storeFilterCommand: Command<StoreFilterInput, null> = {
  name: 'store-filter',
  key: ({ userId }) => `filters ${userId}`,
  releases: 'committed',
  async decide(shard, { userId, filterId, definition }) {
    const { database } = shard.context;
    if ((await readFilter(database, userId, filterId)) !== undefined) return { result: null };
    if ((await countFilters(database, userId)) >= maxFilters) {
      throw new MatrixError('M_RESOURCE_LIMIT_EXCEEDED', `An account has at most ${maxFilters} filters`);
    }
    const write = insertFilter(userId, filterId, definition);
    return { result: null, committed: shard.append(0, () => ({ entries: [], writes: [write] })) };
  },
};

/** Stores a filter and gives its id; the same filter has the same id. Throws what is wrong with it. */
export async function storeFilter(context: Context, userId: string, filter: JsonObject): Promise<string> {
  const { problem } = parseFilter(filter);
  if (problem) throw new MatrixError(problem.errcode, problem.error);
  const definition = JSON.stringify(filter);
  const filterId = hash('sha256', definition, 'base64url').slice(0, filterIdLength);
  if ((await readFilter(context.database, userId, filterId)) === undefined) {
    const input = { userId, filterId, definition };
    await context.shardLog.submit(storeFilterCommand, shardOfUser(context, userId), input);
  }
  return filterId;
}
