import { hash } from 'node:crypto';
import { encodeCanonicalJson, encodeCanonicalString } from '@holdfast/protocol/json/canonical-json.ts';
import type { Edu } from './missed-edus.ts';

/** https://spec.matrix.org/v1.19/server-server-api/#transactions */
export const maxPdus = 50;
export const maxEdus = 100;
/** Of a transaction's events together, in characters; one event has at most 65,536. Proxies often refuse larger bodies. */
export const maxPduCharacters = 800_000;
/** Of messages to devices together. */
export const maxMessageCharacters = 400_000;

export interface Transaction {
  readonly id: string;
  /** Canonical JSON. */
  readonly bodyJson: string;
}

export interface TransactionParts {
  readonly origin: string;
  readonly timestampMs: number;
  /** Canonical JSON of each event. */
  readonly pdus: readonly { readonly eventId: string; readonly text: string }[];
  /** Canonical JSON of each EDU, see eduText. */
  readonly edus: readonly string[];
}

/**
 * A transaction as one canonical JSON text, put together from texts that were made before. Its id is derived from what
 * it holds: the same events and EDUs, sent again after a crash, have the same id, and others never have.
 */
export function makeTransaction({ origin, timestampMs, pdus, edus }: TransactionParts): Transaction {
  const identity = JSON.stringify([pdus.map(({ eventId }) => eventId), edus]);
  const members = [
    ...(edus.length > 0 ? [`"edus":[${edus.join(',')}]`] : []),
    `"origin":${encodeCanonicalString(origin)}`,
    `"origin_server_ts":${Math.trunc(timestampMs)}`,
    `"pdus":[${pdus.map(({ text }) => text).join(',')}]`,
  ];
  return { id: hash('sha256', identity, 'base64url').slice(0, 24), bodyJson: `{${members.join(',')}}` };
}

/** An EDU as it stands in a transaction. */
export function eduText({ type, content }: Edu): string {
  return encodeCanonicalJson({ content, edu_type: type });
}
