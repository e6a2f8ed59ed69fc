import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';

/**
 * Names that repeat (user ids, event types, state keys) as integers. The table only ever grows and a name's number
 * never changes, so any process may add names and every process may cache them for good.
 */
const cachedNames = 200_000;

interface NameCaches {
  readonly idByText: BoundedCache<string, number>;
  readonly textById: BoundedCache<number, string>;
}

const cachesByDatabase = new WeakMap<object, NameCaches>();

function cachesOf(context: Context): NameCaches {
  let caches = cachesByDatabase.get(context.database);
  if (!caches) {
    caches = { idByText: new BoundedCache(cachedNames), textById: new BoundedCache(cachedNames) };
    cachesByDatabase.set(context.database, caches);
  }
  return caches;
}

/** The numbers of names, adding those that are new. */
export async function internNames(context: Context, texts: Iterable<string>): Promise<Map<string, number>> {
  const { found, missing } = lookUp(context, texts);
  if (missing.length === 0) return found;
  // Reading first: an INSERT that conflicts still takes a number from the sequence.
  await readNames(context, missing, found);
  const unknown = missing.filter((text) => !found.has(text));
  if (unknown.length > 0) {
    await addNames(context, unknown, found);
  }
  return found;
}

/** The number of a name if every one is cached; the hot path's look-up without a promise. */
export function cachedNameId(context: Context, text: string): number | undefined {
  return cachesOf(context).idByText.get(text);
}

/** The numbers of those names that are known; unknown names are left out (nothing in the database refers to them). */
export async function findNames(context: Context, texts: Iterable<string>): Promise<Map<string, number>> {
  const { found, missing } = lookUp(context, texts);
  if (missing.length > 0) await readNames(context, missing, found);
  return found;
}

/** The texts of numbers, all of which must exist. */
export async function nameTexts(context: Context, ids: Iterable<number>): Promise<Map<number, string>> {
  const { idByText, textById } = cachesOf(context);
  const found = new Map<number, string>();
  const missing: number[] = [];
  for (const id of new Set(ids)) {
    const text = textById.get(id);
    if (text === undefined) missing.push(id);
    else found.set(id, text);
  }
  if (missing.length === 0) return found;
  const rows = await context.database<{ id: number; text: string }[]>`
    SELECT id, text FROM name WHERE id = ANY(${missing}::int[])`;
  for (const row of rows) {
    found.set(row.id, row.text);
    textById.set(row.id, row.text);
    idByText.set(row.text, row.id);
  }
  return found;
}

function lookUp(context: Context, texts: Iterable<string>): { found: Map<string, number>; missing: string[] } {
  const { idByText } = cachesOf(context);
  const found = new Map<string, number>();
  const missing: string[] = [];
  for (const text of new Set(texts)) {
    const id = idByText.get(text);
    if (id === undefined) missing.push(text);
    else found.set(text, id);
  }
  return { found, missing };
}

async function addNames(context: Context, texts: readonly string[], into: Map<string, number>): Promise<void> {
  const rows = await context.database<{ id: number; text: string }[]>`
    INSERT INTO name (text) SELECT * FROM unnest(${texts as string[]}::text[]) ON CONFLICT DO NOTHING
    RETURNING id, text`;
  remember(context, rows, into);
  // Somebody else added the others meanwhile.
  const others = texts.filter((text) => !into.has(text));
  if (others.length > 0) await readNames(context, others, into);
}

async function readNames(context: Context, texts: readonly string[], into: Map<string, number>): Promise<void> {
  const rows = await context.database<{ id: number; text: string }[]>`
    SELECT id, text FROM name WHERE text = ANY(${texts as string[]}::text[])`;
  remember(context, rows, into);
}

function remember(
  context: Context,
  rows: Iterable<{ readonly id: number; readonly text: string }>,
  into: Map<string, number>,
): void {
  const { idByText, textById } = cachesOf(context);
  for (const { id, text } of rows) {
    into.set(text, id);
    idByText.set(text, id);
    textById.set(id, text);
  }
}
