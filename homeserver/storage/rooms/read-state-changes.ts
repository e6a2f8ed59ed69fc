import type { Context } from '../../platform/context.ts';
import type { StateChange } from '../../platform/shard-log/log-entry.ts';
import { nameTexts } from '../names/intern-names.ts';
import type { StoredEvent } from './event-row.ts';
import { readEventsAt } from './read-events.ts';
import { replacedEventOf, storedEventBody } from './stored-event-body.ts';

interface ChangeRow {
  readonly position: number;
  readonly type: number;
  readonly stateKey: number;
  readonly event: number | null;
  readonly replaced: number | null;
}

/**
 * How events changed their rooms' state, by their positions: the spans that begin at each. All events are of one shard.
 * Three queries, none without events.
 */
export async function readStateChanges(
  context: Context,
  events: readonly StoredEvent[],
): Promise<Map<number, StateChange[]>> {
  const changes = new Map<number, StateChange[]>(events.map(({ position }) => [position, []]));
  const [first] = events;
  if (!first) return changes;
  const rows = await context.database.unsafe<ChangeRow[]>(
    `SELECT s.from_position AS position, s.type, s.state_key AS "stateKey", s.event, before.event AS replaced
     FROM unnest($1::int[], $2::bigint[]) AS wanted (room, position)
     JOIN room_state s ON s.room = wanted.room AND s.from_position = wanted.position
     LEFT JOIN LATERAL (
       SELECT b.event FROM room_state b
       WHERE b.room = s.room AND b.type = s.type AND b.state_key = s.state_key AND b.from_position < s.from_position
       ORDER BY b.from_position DESC LIMIT 1
     ) before ON true`,
    [events.map(({ roomNumber }) => roomNumber), events.map(({ position }) => position)],
    { prepare: true },
  );
  const names = await nameTexts(
    context,
    rows.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  const stored = await readEventsAt(
    context,
    first.shard,
    rows.flatMap(({ event, replaced }) => [event, replaced].filter((position) => position !== null)),
  );
  for (const row of rows) {
    const event = stored.get(row.event ?? 0);
    const replaced = stored.get(row.replaced ?? 0);
    changes.get(row.position)?.push({
      type: names.get(row.type) ?? '',
      stateKey: names.get(row.stateKey) ?? '',
      event: event && { position: event.position, body: storedEventBody(event) },
      replaced: replaced && replacedEventOf(replaced),
    });
  }
  return changes;
}
