import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { parsePropertyPath } from '../property-paths/property-path.ts';

/** `event_fields` as a tree of property names; 'whole' keeps a property with all that is in it. */
export type EventFields = ReadonlyMap<string, EventFields | 'whole'>;

type GrowingFields = Map<string, GrowingFields | 'whole'>;

/**
 * Compiles a list of dot-separated paths; undefined when all fields are wanted, which an empty list means as well: a
 * client that asks for no field at all cannot mean it, and more fields than asked for are always allowed.
 */
export function compileEventFields(paths: readonly string[] | undefined): EventFields | undefined {
  if (paths === undefined || paths.length === 0) return undefined;
  const root: GrowingFields = new Map();
  for (const path of paths) {
    const names = parsePropertyPath(path);
    let fields = root;
    for (const [i, name] of names.entries()) {
      const known = fields.get(name);
      if (known === 'whole') break;
      if (i === names.length - 1) fields.set(name, 'whole');
      else {
        const inner: GrowingFields = known ?? new Map();
        fields.set(name, inner);
        fields = inner;
      }
    }
  }
  return root;
}

/**
 * The event with only the fields that a filter asks for; the event itself when it asks for all.
 * https://spec.matrix.org/v1.19/client-server-api/#filtering
 */
export function projectEventFields<T extends object>(fields: EventFields | undefined, event: T): T | JsonObject {
  return fields === undefined ? event : projectObject(fields, event as JsonObject);
}

/** Made from entries, as an assignment to `__proto__` would not create a property. */
function projectObject(fields: EventFields, object: JsonObject): JsonObject {
  const kept: [string, JsonValue][] = [];
  for (const [name, inner] of fields) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    if (value === undefined) continue;
    if (inner === 'whole') kept.push([name, value]);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      const projected = projectObject(inner, value);
      if (Object.keys(projected).length > 0) kept.push([name, projected]);
    }
  }
  return Object.fromEntries(kept);
}
