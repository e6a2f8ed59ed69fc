import type { JsonObject, JsonValue } from '../events/pdu.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#room-history-visibility */
export type HistoryVisibility = 'world_readable' | 'shared' | 'invited' | 'joined';

const known: ReadonlySet<JsonValue | undefined> = new Set(['world_readable', 'shared', 'invited', 'joined']);

/**
 * The visibility that the content of an m.room.history_visibility event sets.
 * No such event (undefined) and values that are not understood mean `shared`.
 */
export function parseHistoryVisibility(content: JsonObject | undefined): HistoryVisibility {
  const value = content !== undefined && Object.hasOwn(content, 'history_visibility') && content.history_visibility;
  return known.has(value) ? (value as HistoryVisibility) : 'shared';
}
