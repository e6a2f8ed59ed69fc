import type { JsonObject, JsonValue } from '../events/pdu.ts';
import { foldCase } from '../globs/fold-case.ts';
import { readProperty } from '../property-paths/property-path.ts';

/** The event as clients get it; push rules may look at any of its properties. */
export interface PushEvent {
  readonly type: string;
  readonly room_id: string;
  readonly sender: string;
  readonly state_key?: string | undefined;
  readonly content: JsonObject;
}

/** What push rules look at besides the event: the state of the room with the event in it. */
export interface PushContext {
  /** Number of joined members. */
  readonly memberCount: number;
  /** Power level of the event's sender; Infinity for creators in room version 12. */
  readonly senderPowerLevel: number;
  /** `notifications` in the content of m.room.power_levels. */
  readonly notificationLevels: JsonValue | undefined;
  /** The display name, in this room, of the user whose rules are asked. Only `contains_display_name` needs it. */
  readonly displayName?: string | undefined;
}

/** A dot-separated path that was split once. */
export interface PropertyPath {
  readonly key: string;
  readonly names: readonly string[];
}

/** An event with what rules found in it, so that the rules of a whole room's members look only once. */
export interface PreparedPushEvent {
  readonly event: PushEvent;
  readonly values: Map<string, JsonValue | undefined>;
  readonly folded: Map<string, string | undefined>;
  /** The words of a text. */
  readonly words: Map<string, ReadonlySet<string>>;
  /** How many characters of its texts may still be compared with patterns, for all users together. */
  stepsLeft: number;
}

/** About ten milliseconds. In a text of 500 characters it is enough for 4,000 patterns that occur in part. */
const patternSteps = 2_000_000;

/** Prepares an event for `evaluatePushRules`: once for each event, shared by all users. */
export function preparePushEvent(event: PushEvent): PreparedPushEvent {
  return { event, values: new Map(), folded: new Map(), words: new Map(), stepsLeft: patternSteps };
}

/** The value at a path, undefined where it is absent. */
export function readPushValue(prepared: PreparedPushEvent, path: PropertyPath): JsonValue | undefined {
  const known = prepared.values.get(path.key);
  if (known !== undefined || prepared.values.has(path.key)) return known;
  const value = readProperty(prepared.event, path.names);
  prepared.values.set(path.key, value);
  return value;
}

/** The text at a path in the form in which case does not matter; undefined where there is no text. */
export function readFoldedText(prepared: PreparedPushEvent, path: PropertyPath): string | undefined {
  const known = prepared.folded.get(path.key);
  if (known !== undefined || prepared.folded.has(path.key)) return known;
  const value = readPushValue(prepared, path);
  const folded = typeof value === 'string' ? foldCase(value) : undefined;
  prepared.folded.set(path.key, folded);
  return folded;
}
