import type { JsonObject, JsonValue } from '../events/pdu.ts';
import type { FilterProblem } from './filter-problem.ts';

/** Bounds of every list in a filter. Lengths are in UTF-16 units. */
export const maxListEntries = 4096;
export const maxEntryLength = 255;

/** Carries the first problem of a filter out of the depth in which it was found, to `parseFilter` and no further. */
export class FilterFault extends Error {
  readonly problem: FilterProblem;

  constructor(problem: FilterProblem) {
    super(problem.error);
    this.problem = problem;
  }
}

/** Reads the members of one object of a filter; `path` is its place for messages, such as `room.timeline`. */
export interface FilterReader {
  readonly object: (name: string) => FilterReader;
  /** Undefined when absent; every entry begins with `sigil` where one is given. */
  readonly list: (name: string, bounds?: ListBounds) => readonly string[] | undefined;
  readonly flag: (name: string) => boolean | undefined;
  readonly integer: (name: string) => number | undefined;
  readonly choice: <T extends string>(name: string, choices: readonly T[]) => T | undefined;
}

export interface ListBounds {
  readonly sigil?: string;
  readonly maxEntries?: number;
  readonly maxLength?: number;
}

/** A reader of a JSON value that must be an object; undefined reads as an empty one. Readers throw FilterFault. */
export function readFilterObject(value: JsonValue | undefined, path: string): FilterReader {
  if (value !== undefined && (typeof value !== 'object' || value === null || Array.isArray(value))) {
    throw fault('M_BAD_JSON', `${path || 'a filter'} must be a JSON object`);
  }
  const object: JsonObject = value ?? {};
  const member = (name: string) => (Object.hasOwn(object, name) ? object[name] : undefined);
  const placeOf = (name: string) => (path === '' ? name : `${path}.${name}`);
  return {
    object: (name) => readFilterObject(member(name), placeOf(name)),
    list: (name, bounds = {}) => readList(member(name), placeOf(name), bounds),
    flag: (name) => {
      const flag = member(name);
      if (flag === undefined || typeof flag === 'boolean') return flag;
      throw fault('M_BAD_JSON', `${placeOf(name)} must be true or false`);
    },
    integer: (name) => {
      const integer = member(name);
      if (integer === undefined || Number.isSafeInteger(integer)) return integer as number | undefined;
      throw fault('M_BAD_JSON', `${placeOf(name)} must be an integer`);
    },
    choice: (name, choices) => {
      const choice = member(name);
      const known = choices.find((one) => one === choice);
      if (choice === undefined || known !== undefined) return known;
      throw fault('M_BAD_JSON', `${placeOf(name)} must be one of ${choices.join(', ')}`);
    },
  };
}

export function fault(errcode: FilterProblem['errcode'], error: string): FilterFault {
  return new FilterFault({ errcode, error });
}

function readList(value: JsonValue | undefined, place: string, bounds: ListBounds): readonly string[] | undefined {
  if (value === undefined) return undefined;
  const { sigil = '', maxEntries = maxListEntries, maxLength = maxEntryLength } = bounds;
  if (!Array.isArray(value)) throw fault('M_BAD_JSON', `${place} must be a list of strings`);
  if (value.length > maxEntries) throw fault('M_INVALID_PARAM', `${place} may have at most ${maxEntries} entries`);
  for (const entry of value) {
    if (typeof entry !== 'string') throw fault('M_BAD_JSON', `${place} must be a list of strings`);
    if (!entry.startsWith(sigil)) throw fault('M_BAD_JSON', `every entry of ${place} must begin with ${sigil}`);
    if (entry.length > maxLength) {
      throw fault('M_INVALID_PARAM', `an entry of ${place} may have at most ${maxLength} characters`);
    }
  }
  return value as string[];
}
