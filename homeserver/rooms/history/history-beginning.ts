import type { IdentifiedPdu } from '@holdfast/protocol/events/pdu.ts';
import { stateTuple } from '@holdfast/protocol/state-resolution/state-map.ts';
import type { Write } from '../../platform/shard-log/batch.ts';
import type { OwnedShard } from '../../platform/shard-log/command.ts';
import { internNames, nameTexts } from '../../storage/names/intern-names.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { eventFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import { membershipCode } from '../../storage/rooms/membership-codes.ts';
import { readEventPlaces } from '../../storage/rooms/read-auth-chain.ts';
import { readEventsAt } from '../../storage/rooms/read-events.ts';
import { type BeginningRow, readBeginning } from '../../storage/rooms/read-history-ends.ts';
import { stateFromTheBeginning } from '../../storage/rooms/read-state.ts';
import { insertPastSpan, moveStateSpanStart } from '../../storage/rooms/write-history-spans.ts';
import { openStateSpan } from '../../storage/rooms/write-state.ts';
import { nameId } from '../draft-writes.ts';
import type { BeforeStretch, HistoryState } from './history-stretch.ts';
import { planHistorySpans, type SpanEvent } from './plan-history-spans.ts';

/** The state that a room has had from the beginning of what is here on, and how it was before a stretch of history. */
export class RoomBeginning {
  /** By state tuple. */
  readonly rows: ReadonlyMap<string, BeginningRow>;
  readonly differences: readonly BeforeStretch[];
  readonly #events: ReadonlyMap<string, IdentifiedPdu>;

  constructor(
    rows: ReadonlyMap<string, BeginningRow>,
    differences: readonly BeforeStretch[],
    events: ReadonlyMap<string, IdentifiedPdu>,
  ) {
    this.rows = rows;
    this.differences = differences;
    this.#events = events;
  }

  /** The event of a tuple; of those that nobody looks into only the id is right. */
  eventOf(tuple: string): IdentifiedPdu | undefined {
    const row = this.rows.get(tuple);
    return row && (this.#events.get(row.eventId) ?? placeholderOf(row.eventId));
  }
}

/** Those that are asked who may redact. */
const askedTuples = [stateTuple('m.room.create', ''), stateTuple('m.room.power_levels', '')];

/** Reads the beginning and what differs from it in a state given by event ids; null: nothing does. */
export async function loadBeginning(
  shard: OwnedShard,
  room: RoomName,
  stateBefore: readonly string[] | null,
): Promise<RoomBeginning> {
  const { context } = shard;
  const numbered = await readBeginning(context, room);
  const names = await nameTexts(
    context,
    numbered.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  const named = numbered.map((row) => ({
    row,
    type: names.get(row.type) ?? '',
    stateKey: names.get(row.stateKey) ?? '',
  }));
  const rows = new Map(named.map(({ row, type, stateKey }) => [stateTuple(type, stateKey), row]));
  const before = stateBefore && new Set(stateBefore);
  const fresh = new Set(before);
  for (const { eventId } of numbered) fresh.delete(eventId);
  const places = await readEventPlaces(context, room, [...fresh]);
  const asked = askedTuples.flatMap((tuple) => rows.get(tuple)?.position ?? []);
  const stored = await readEventsAt(context, room.shard, [...places.map(({ position }) => position), ...asked]);
  const events = new Map([...stored.values()].map((event) => [event.eventId, event]));
  const differences = new Map<string, BeforeStretch>();
  for (const { row, type, stateKey } of named) {
    if (before && !before.has(row.eventId))
      differences.set(stateTuple(type, stateKey), { type, stateKey, state: undefined });
  }
  for (const { position } of places) {
    const difference = differenceOf(stored.get(position));
    if (difference) differences.set(stateTuple(difference.type, difference.stateKey), difference);
  }
  const changed = [...differences.values()];
  await internNames(
    context,
    changed.flatMap(({ type, stateKey }) => [type, stateKey]),
  );
  return new RoomBeginning(rows, changed, events);
}

function differenceOf(event: StoredEvent | undefined): BeforeStretch | undefined {
  if (!event || event.pdu.state_key === undefined || (event.flags & eventFlags.rejected) !== 0) return undefined;
  const { eventId, position, pdu } = event;
  const { type, state_key: stateKey, content } = event.pdu;
  const membership = type === 'm.room.member' ? membershipCode(content['membership']) : null;
  return {
    type,
    stateKey: stateKey ?? '',
    state: { eventId, position, membership, event: { eventId, roomId: event.roomId, pdu } },
  };
}

/** Stands for an event of which nothing but the id is asked. */
function placeholderOf(eventId: string): IdentifiedPdu {
  const pdu = { type: '', sender: '', content: {}, origin_server_ts: 0, depth: 0, prev_events: [], auth_events: [] };
  return { eventId, roomId: '', pdu };
}

/** The spans of the room's state that a stretch of history changes. `gapFirst`: it fills a gap. */
export function spanWrites(
  shard: OwnedShard,
  room: RoomName,
  beginning: RoomBeginning,
  state: HistoryState,
  last: number,
  gapFirst: number | undefined,
): Write[] {
  const beginningOf = (tuple: string): SpanEvent | undefined => beginning.rows.get(tuple);
  return state.stretches(beginningOf).flatMap((stretch) => {
    const plan = planHistorySpans(stretch.beginning, stretch, last, gapFirst);
    const span = {
      ...{ shard: shard.id, room: room.id },
      type: nameId(shard, stretch.type),
      stateKey: nameId(shard, stretch.stateKey),
    };
    const moved = plan.moveTo === undefined ? [] : [moveStateSpanStart(span, stateFromTheBeginning, plan.moveTo)];
    return [
      ...moved,
      ...plan.spans.map(({ membership, from, to, position }) =>
        to === undefined
          ? openStateSpan({ ...span, membership }, from, position)
          : insertPastSpan({ ...span, membership }, from, to, position),
      ),
    ];
  });
}
