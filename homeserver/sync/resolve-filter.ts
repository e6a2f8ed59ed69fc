import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { type Filter, parseFilter, unfiltered } from '@holdfast/protocol/filters/parse-filter.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { readFilter } from '../storage/accounts/read-filters.ts';

const keptFilters = 10_000;
/** Longer ones are compiled each time. */
const keptLength = 4_096;

const caches = new WeakMap<Context, BoundedCache<string, Filter>>();

/**
 * The filter that a client names: by its id, or inline as JSON, which begins with `{`. A filter never changes, so each is
 * read and compiled once. Throws M_NOT_FOUND for an id that the user has not, M_NOT_JSON, and what `parseFilter` says.
 * https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export async function resolveFilter(context: Context, userId: string, filter: string | undefined): Promise<Filter> {
  if (filter === undefined || filter === '') return unfiltered.sync;
  const cache = cacheOf(context);
  const isInline = filter.startsWith('{');
  const key = isInline ? filter : `${userId} ${filter}`;
  const known = cache.get(key);
  if (known) return known;
  const definition = isInline ? filter : await readFilter(context.database, userId, filter);
  if (definition === undefined) throw new MatrixError('M_NOT_FOUND', 'No filter has this id');
  const compiled = compile(definition);
  if (key.length <= keptLength) cache.set(key, compiled);
  return compiled;
}

function compile(definition: string): Filter {
  let json: JsonValue;
  try {
    json = JSON.parse(definition) as JsonValue;
  } catch {
    throw new MatrixError('M_NOT_JSON', 'The filter is not JSON');
  }
  const { filter, problem } = parseFilter(json);
  if (problem) throw new MatrixError(problem.errcode, problem.error);
  return filter;
}

function cacheOf(context: Context): BoundedCache<string, Filter> {
  let cache = caches.get(context);
  if (!cache) {
    cache = new BoundedCache(keptFilters);
    caches.set(context, cache);
  }
  return cache;
}
