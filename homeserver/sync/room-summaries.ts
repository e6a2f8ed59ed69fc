import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { type StateChange, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { maxHeroes, type RoomCounts, readNamedRooms, readRoomCounts } from '../storage/sync/read-room-counts.ts';
import type { EventLogEntry } from './connected-users.ts';
import { replayEntries } from './replay-entries.ts';

const keptRooms = 10_000;

/** How many are in a room, and after whom it is called when it has no name. */
export interface RoomSummary extends RoomCounts {
  /** Has a name or an alias, so that clients need no heroes. */
  readonly isNamed: boolean;
}

/** Summaries of rooms, read once and then carried on from the member events in the log. */
export class RoomSummaries {
  readonly #context: Context;
  #rooms = new BoundedCache<string, RoomSummary>(keptRooms);

  constructor(context: Context) {
    this.#context = context;
  }

  /** Summaries of rooms, by room id. Two queries where some are not known. */
  async get(rooms: readonly { readonly roomId: string; readonly room: number }[]): Promise<Map<string, RoomSummary>> {
    const found = new Map<string, RoomSummary>();
    const missing = rooms.filter(({ roomId }) => {
      const known = this.#rooms.get(roomId);
      if (known) found.set(roomId, known);
      return known === undefined;
    });
    if (missing.length === 0) return found;
    const numbers = missing.map(({ room }) => room);
    const [counts, named] = await Promise.all([
      readRoomCounts(this.#context, numbers),
      readNamedRooms(this.#context, numbers),
    ]);
    const read = new Map<string, RoomSummary>();
    for (const { roomId, room } of missing) {
      const roomCounts = counts.get(room);
      if (roomCounts) read.set(roomId, { ...roomCounts, isNamed: named.has(room) });
    }
    this.#keep(read);
    for (const [roomId, summary] of read) found.set(roomId, this.#rooms.get(roomId) ?? summary);
    return found;
  }

  /** Follows the log. */
  apply(entry: EventLogEntry): void {
    const { roomId } = entry.body;
    const summary = changesState(entry) ? this.#rooms.get(roomId) : undefined;
    if (!summary) return;
    const next = nextSummary(summary, entry);
    if (next) this.#rooms.set(roomId, next);
    else this.#rooms.delete(roomId);
  }

  /** Reads the room again: its state came from elsewhere than from its events. */
  drop(roomId: string): void {
    this.#rooms.delete(roomId);
  }

  clear(): void {
    this.#rooms = new BoundedCache(keptRooms);
  }

  #keep(read: Map<string, RoomSummary>): void {
    const positions = [...read.values()][0]?.positions;
    if (!positions) return;
    const next = new Map<string, RoomSummary | undefined>(read);
    const complete = replayEntries(this.#context.shardLog.tail, positions, (entry) => {
      if (entry.kind !== 'event' || !changesState(entry)) return;
      const summary = next.get(entry.body.roomId);
      if (summary) next.set(entry.body.roomId, nextSummary(summary, entry));
    });
    if (!complete) return;
    for (const [roomId, summary] of next) if (summary) this.#rooms.set(roomId, summary);
  }
}

/** The summary after an event of its room; undefined when it must be read again. */
export function nextSummary(summary: RoomSummary, entry: EventLogEntry): RoomSummary | undefined {
  if (entry.position <= (summary.positions[entry.shard] ?? 0)) return summary;
  let next: RoomSummary | undefined = summary;
  for (const change of stateChangesOf(entry)) next &&= summaryAfter(next, change);
  return next;
}

function summaryAfter(summary: RoomSummary, { type, stateKey, event, replaced }: StateChange): RoomSummary | undefined {
  if (type === 'm.room.name' || type === 'm.room.canonical_alias') return undefined;
  if (type !== 'm.room.member') return summary;
  const [before, after] = [replaced?.content['membership'], event?.body.content['membership']];
  if (before === after) return summary;
  const heroes = nextHeroes(summary, stateKey, isHere(after));
  if (!heroes) return undefined;
  return {
    ...summary,
    heroes,
    joined: summary.joined + (after === 'join' ? 1 : 0) - (before === 'join' ? 1 : 0),
    invited: summary.invited + (after === 'invite' ? 1 : 0) - (before === 'invite' ? 1 : 0),
  };
}

function nextHeroes({ heroes, joined, invited }: RoomSummary, userId: string, comes: boolean) {
  if (comes) return heroes.includes(userId) || heroes.length >= maxHeroes ? heroes : [...heroes, userId];
  // The next in line are not known, and of a room that empties those who left become heroes.
  return heroes.includes(userId) || joined + invited <= 2 ? undefined : heroes;
}

function changesState({ body }: EventLogEntry): boolean {
  return body.stateKey !== undefined || body.stateChanges !== undefined;
}

function isHere(membership: unknown): boolean {
  return membership === 'join' || membership === 'invite';
}

/**
 * A room's `summary` for one of its members, as JSON.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv3sync_response-200_roomsummary
 */
export function summaryJson(summary: RoomSummary, userId: string): string {
  const counts = `"m.joined_member_count":${summary.joined},"m.invited_member_count":${summary.invited}`;
  if (summary.isNamed) return `{${counts}}`;
  return `{"m.heroes":${JSON.stringify(heroesFor(summary, userId))},${counts}}`;
}

/** At most five other members, or, where there is none, those who were. */
export function heroesFor(summary: Pick<RoomSummary, 'heroes' | 'former'>, userId: string): string[] {
  const others = summary.heroes.filter((hero) => hero !== userId);
  const heroes = others.length > 0 ? others : summary.former.filter((hero) => hero !== userId);
  return heroes.slice(0, maxHeroes - 1);
}
