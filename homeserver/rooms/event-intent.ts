import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/** An event that a local user (or the server for one) wants to add to a room. */
export interface EventIntent {
  readonly type: string;
  readonly sender: string;
  /** Present exactly for state events. */
  readonly stateKey?: string;
  readonly content: JsonObject;
  readonly originServerTs: number;
  /** For m.room.redaction. */
  readonly redacts?: string;
}
