import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { type Filter, parseFilter, unfiltered } from '@holdfast/protocol/filters/parse-filter.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { readFilter } from '../storage/accounts/read-filters.ts';

const keptFilters = 10_000;
/** Longer ones are compiled each time. */
const keptLength = 4_096;

/** Inline filters of all users, and stored ones by user id and filter id. */
interface KnownFilters {
  readonly inline: BoundedCache<string, Filter>;
  readonly stored: BoundedCache<string, Map<string, Filter>>;
}

const knownByContext = new WeakMap<Context, KnownFilters>();

/**
 * The filter that a client names: by its id, or inline as JSON, which begins with `{`. A filter never changes, so each is
 * read and compiled once. Throws M_NOT_FOUND for an id that the user has not, M_NOT_JSON, and what `parseFilter` says.
 * https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export async function resolveFilter(context: Context, userId: string, filter: string | undefined): Promise<Filter> {
  if (filter === undefined || filter === '') return unfiltered.sync;
  return filter.startsWith('{') ? resolveInline(context, filter) : await resolveStored(context, userId, filter);
}

function resolveInline(context: Context, definition: string): Filter {
  const { inline } = knownIn(context);
  const known = inline.get(definition);
  if (known) return known;
  const compiled = compile(definition);
  if (definition.length <= keptLength) inline.set(definition, compiled);
  return compiled;
}

async function resolveStored(context: Context, userId: string, filterId: string): Promise<Filter> {
  const { stored } = knownIn(context);
  const known = stored.get(userId)?.get(filterId);
  if (known) return known;
  const definition = await readFilter(context.database, userId, filterId);
  if (definition === undefined) throw new MatrixError('M_NOT_FOUND', 'No filter has this id');
  const compiled = compile(definition);
  const ofUser = stored.get(userId) ?? new Map<string, Filter>();
  stored.set(userId, ofUser.set(filterId, compiled));
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

function knownIn(context: Context): KnownFilters {
  let known = knownByContext.get(context);
  if (!known) {
    known = { inline: new BoundedCache(keptFilters), stored: new BoundedCache(keptFilters) };
    knownByContext.set(context, known);
  }
  return known;
}
