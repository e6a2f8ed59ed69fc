import { isJsonObject } from '../json/parse-json.ts';
import type { JsonObject } from './pdu.ts';

/** How an event refers to another one. */
export interface Relation {
  readonly relType: string;
  /** Of the event that it refers to. */
  readonly eventId: string;
  /** Of annotations: the reaction. */
  readonly key: string | undefined;
}

/**
 * The relation of an event to another one, if its content names one. State events have none, as the specification says
 * of threads and replacements. https://spec.matrix.org/v1.19/client-server-api/#definition-mrelates_to
 */
export function relationOf(event: { readonly content: JsonObject; readonly state_key?: string }): Relation | undefined {
  if (event.state_key !== undefined) return undefined;
  const relatesTo = event.content['m.relates_to'];
  if (relatesTo === undefined || !isJsonObject(relatesTo)) return undefined;
  const { rel_type: relType, event_id: eventId, key } = relatesTo;
  if (typeof relType !== 'string' || typeof eventId !== 'string') return undefined;
  return { relType, eventId, key: typeof key === 'string' ? key : undefined };
}

/** The root of the thread that an event is part of. https://spec.matrix.org/v1.19/client-server-api/#threading */
export function threadRootOf(event: { readonly content: JsonObject; readonly state_key?: string }): string | undefined {
  const relation = relationOf(event);
  return relation?.relType === 'm.thread' ? relation.eventId : undefined;
}
