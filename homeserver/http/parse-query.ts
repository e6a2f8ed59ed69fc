import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkQuery } from './check-schema.ts';
import type { JsonSchema } from './json-schema.ts';

/**
 * The query as an object (without prototype) of what the schema names, values converted to its types; names that it
 * does not know are dropped, an array takes each value of a repeated name, anything else the last one.
 * Throws M_MISSING_PARAM or M_INVALID_PARAM.
 */
export function parseQuery(schema: JsonSchema, text: string): Record<string, unknown> {
  const properties = schema['properties'] as Readonly<Record<string, JsonSchema>>;
  const query = Object.create(null) as Record<string, unknown>;
  for (const [name, value] of queryPairs(text)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (!property) continue;
    if (property['type'] === 'array') ((query[name] ??= []) as unknown[]).push(value);
    else query[name] = convert(property['type'], value);
  }
  checkQuery(schema, query);
  return query;
}

/** One value of a query without a schema, such as `access_token`. */
export function findQueryValue(text: string, name: string): string | undefined {
  if (!text.includes(name)) return undefined;
  for (const [key, value] of queryPairs(text)) if (key === name) return value;
  return undefined;
}

function* queryPairs(text: string): Generator<[name: string, value: string]> {
  if (text === '') return;
  for (const pair of text.split('&')) {
    const equals = pair.indexOf('=');
    const name = equals < 0 ? pair : pair.slice(0, equals);
    if (name !== '') yield [decode(name), equals < 0 ? '' : decode(pair.slice(equals + 1))];
  }
}

function decode(text: string): string {
  let decoded = text;
  try {
    // Most have nothing to decode.
    if (text.includes('%') || text.includes('+')) decoded = decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new MatrixError('M_INVALID_PARAM', 'The query is not percent-encoded UTF-8');
  }
  if (decoded.includes('\0')) throw new MatrixError('M_INVALID_PARAM', 'The query holds a NUL character');
  return decoded;
}

/** Text that is not of the type stays text, which the schema then refuses with a message that names it. */
function convert(type: unknown, value: string): unknown {
  if (type === 'integer' && /^-?\d{1,15}$/.test(value)) return Number(value);
  if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  return value;
}
