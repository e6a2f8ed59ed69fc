import type { Pdu } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import type { Context } from '../../platform/context.ts';
import { unpackEvent } from '../rooms/pack-event.ts';

/** Where an event is stored. */
export interface EventPlace {
  readonly shard: number;
  readonly position: number;
}

/** Names a place in a map. */
export function placeKey({ shard, position }: EventPlace): string {
  return `${shard}:${position}`;
}

/**
 * Events as servers exchange them, as canonical JSON, by placeKey. Those that are not stored are left out. One query.
 */
export async function readPduTexts(context: Context, places: readonly EventPlace[]): Promise<Map<string, string>> {
  const rows = await context.database<(EventPlace & { body: Uint8Array })[]>`
    SELECT e.shard, e.position, e.body
    FROM unnest(${places.map(({ shard }) => shard)}::smallint[],
      ${places.map(({ position }) => position)}::bigint[]) AS wanted (shard, position)
    JOIN event e ON e.shard = wanted.shard AND e.position = wanted.position`;
  return new Map(rows.map((row) => [placeKey(row), pduTextOf(unpackEvent(row.body))]));
}

/** What is stored without what this server keeps beside it. */
export function pduTextOf(stored: string): string {
  if (!stored.includes('"unsigned":')) return stored;
  const { unsigned: _kept, ...pdu } = JSON.parse(stored) as Pdu;
  // The versions before 6 allow any number; others were refused before they were stored.
  return encodeCanonicalJson(pdu, { strict: false });
}
