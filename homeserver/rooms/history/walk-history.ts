import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { eventFlags } from '../../storage/rooms/event-row.ts';
import { readWireEvents, readWireEventsBefore, type WireEvent } from '../../storage/rooms/read-wire-events.ts';

/** Events next to each other in the log most often refer to each other: so many are read at once. */
const neighbours = 100;
/** A walk that is led about by references that lead nowhere ends after so many queries. */
const mostQueries = 50;

export interface WalkOptions {
  readonly limit: number;
  /** Not gone beyond, and not told. */
  readonly except?: ReadonlySet<string>;
  readonly minDepth?: number;
}

/**
 * The events that come before some events, those and what they refer to, the deepest first; as far as they are here.
 * A few queries, whatever the limit, unless the room is full of forks.
 */
export async function walkHistory(
  context: Context,
  room: RoomName,
  startIds: readonly string[],
  { limit, except = new Set(), minDepth = 0 }: WalkOptions,
): Promise<WireEvent[]> {
  const known = new KnownEvents(context, room);
  const seen = new Set(startIds);
  const found: WireEvent[] = [];
  let waiting: string[] = startIds.filter((eventId) => !except.has(eventId));
  while (waiting.length > 0 && found.length < limit) {
    const events = await known.find(waiting);
    const next = events.filter(({ pdu }) => pdu.depth >= minDepth).sort(compareNewestFirst)[0];
    if (!next) break;
    found.push(next);
    const here = new Set(events.map(({ eventId }) => eventId));
    waiting = waiting.filter((eventId) => eventId !== next.eventId && here.has(eventId));
    for (const eventId of next.pdu.prev_events.map(referencedEventId)) {
      if (seen.has(eventId) || except.has(eventId)) continue;
      seen.add(eventId);
      waiting.push(eventId);
    }
  }
  return found;
}

/** By depth, which others may have lied about, and then by where they are here. */
function compareNewestFirst(one: WireEvent, other: WireEvent): number {
  return other.pdu.depth - one.pdu.depth || other.position - one.position;
}

/** Events of a room by id, read with their neighbours. */
class KnownEvents {
  readonly #context: Context;
  readonly #room: RoomName;
  readonly #events = new Map<string, WireEvent>();
  readonly #absent = new Set<string>();
  #queriesLeft = mostQueries;

  constructor(context: Context, room: RoomName) {
    this.#context = context;
    this.#room = room;
  }

  /** Those of the events that are here and have a place in the timeline, or were refused one softly. */
  async find(eventIds: readonly string[]): Promise<WireEvent[]> {
    const missing = eventIds.filter((eventId) => !this.#events.has(eventId) && !this.#absent.has(eventId));
    if (missing.length > 0) await this.#read(missing);
    return eventIds.flatMap((eventId) => this.#events.get(eventId) ?? []);
  }

  async #read(eventIds: readonly string[]): Promise<void> {
    if (this.#queriesLeft-- <= 0) return;
    const read = await readWireEvents(this.#context, this.#room, eventIds);
    for (const eventId of eventIds) {
      const event = read.get(eventId);
      if (event && (event.flags & eventFlags.outlier) === 0) this.#events.set(eventId, event);
      else this.#absent.add(eventId);
    }
    const lowest = Math.min(...[...read.values()].map(({ position }) => position));
    if (!Number.isFinite(lowest)) return;
    const before = await readWireEventsBefore(this.#context, this.#room, lowest, neighbours);
    for (const event of before) this.#events.set(event.eventId, event);
  }
}
