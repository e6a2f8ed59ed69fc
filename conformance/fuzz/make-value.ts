import type { Random } from '../simulation/random.ts';
import { choose } from './choose.ts';

type Schema = { readonly [keyword: string]: unknown };

/** Texts that break what was not careful. */
export const hostileTexts: readonly string[] = [
  '',
  ' ',
  '\u0000',
  'a\u0000b',
  '../../../../etc/passwd',
  '..%2f..%2f',
  "'; DROP TABLE event; --",
  '{}',
  '\\u0000',
  '\ud800',
  '\u202e\u2066',
  '💥'.repeat(300),
  'x'.repeat(70_000),
  '__proto__',
  'constructor',
  '@:',
  '@alice',
  '@alice:other.example',
  '!:',
  '#:',
  '$',
  'mxc://',
  '-1',
  '1e400',
  '9007199254740993',
  'm.room.create',
  'm.room.member',
];

const hostileNumbers: readonly number[] = [0, -1, 1.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, Number.MAX_SAFE_INTEGER];

/** A value that a schema accepts, or, with some probability at every place, one that it does not. */
export function makeValue(
  random: Random,
  schema: Schema | undefined,
  pool: readonly string[],
  faults: number,
): unknown {
  if (random.chance(faults)) return makeWrongValue(random, pool);
  if (!schema) return makeAnything(random, pool, 2);
  if ('const' in schema) return schema['const'];
  const choices = (schema['enum'] ?? undefined) as unknown[] | undefined;
  if (choices) return choose(random, choices);
  const alternatives = (schema['anyOf'] ?? schema['oneOf']) as Schema[] | undefined;
  if (alternatives) return makeValue(random, choose(random, alternatives), pool, faults);
  const type = Array.isArray(schema['type']) ? choose(random, schema['type'] as string[]) : schema['type'];
  return makeTyped(random, schema, type, pool, faults);
}

function makeTyped(random: Random, schema: Schema, type: unknown, pool: readonly string[], faults: number): unknown {
  switch (type) {
    case 'string':
      return random.chance(0.7) ? choose(random, pool) : choose(random, hostileTexts);
    case 'integer':
    case 'number':
      return random.chance(0.7) ? random.integer(100) : choose(random, hostileNumbers);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'array':
      return Array.from({ length: random.integer(4) }, () =>
        makeValue(random, schema['items'] as Schema | undefined, pool, faults),
      );
    case 'object':
      return makeObject(random, schema, pool, faults);
    default:
      return makeAnything(random, pool, 2);
  }
}

function makeObject(random: Random, schema: Schema, pool: readonly string[], faults: number): Record<string, unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = new Set((schema['required'] ?? []) as string[]);
  const object: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [key, value] of Object.entries(properties)) {
    const wanted = required.has(key) ? !random.chance(faults) : random.chance(0.5);
    if (wanted) object[key] = makeValue(random, value, pool, faults);
  }
  const extra = schema['additionalProperties'];
  for (let count = random.integer(3); count > 0; count--) {
    const inner = typeof extra === 'object' && extra !== null ? (extra as Schema) : undefined;
    object[choose(random, pool)] = makeValue(random, inner, pool, faults);
  }
  return object;
}

function makeAnything(random: Random, pool: readonly string[], depth: number): unknown {
  if (depth > 0 && random.chance(0.3)) {
    return { [choose(random, pool)]: makeAnything(random, pool, depth - 1) };
  }
  return choose<unknown>(random, [null, true, 1, choose(random, pool), choose(random, hostileTexts), [], {}]);
}

function makeWrongValue(random: Random, pool: readonly string[]): unknown {
  return choose<() => unknown>(random, [
    () => null,
    () => choose(random, hostileNumbers),
    () => choose(random, hostileTexts),
    () => [choose(random, pool)],
    () => ({ [choose(random, hostileTexts)]: choose(random, hostileTexts) }),
    () => nest(random.integer(200)),
    () => Array.from({ length: 2_000 }, (_, index) => index),
  ])();
}

function nest(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}
