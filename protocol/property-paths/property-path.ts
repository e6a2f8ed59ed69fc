import type { JsonValue } from '../events/pdu.ts';

/**
 * Splits a dot-separated property path into property names: `content.m\.relates_to` is `content`, `m.relates_to`.
 * `\.` is a dot and `\\` a backslash within a name; any other backslash stands for itself.
 * https://spec.matrix.org/v1.19/appendices/#dot-separated-property-paths
 */
export function parsePropertyPath(path: string): string[] {
  const names: string[] = [];
  let name = '';
  for (let i = 0; i < path.length; i++) {
    const character = path[i];
    const next = path[i + 1];
    if (character === '\\' && (next === '.' || next === '\\')) {
      name += next;
      i++;
    } else if (character === '.') {
      names.push(name);
      name = '';
    } else {
      name += character;
    }
  }
  names.push(name);
  return names;
}

/**
 * The value at a path inside a JSON object, undefined where it is absent or where the path leads through anything but
 * objects. Only a value's own properties count, so that `__proto__` and `constructor` find nothing.
 */
export function readProperty(object: object, names: readonly string[]): JsonValue | undefined {
  let value: unknown = object;
  for (const name of names) {
    if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
      return undefined;
    }
    value = (value as Record<string, unknown>)[name];
  }
  return value as JsonValue | undefined;
}
