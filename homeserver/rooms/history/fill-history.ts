import { startDeadline } from '@holdfast/effects/deadline.ts';
import { referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';
import type { VerifiedEvent } from '../../remote-servers/received-events/received-event.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { eventFlags, hiddenFlags } from '../../storage/rooms/event-row.ts';
import { readEventsAt, readEventsById } from '../../storage/rooms/read-events.ts';
import { type BackwardExtremity, hasOlderEvents } from '../../storage/rooms/read-history-ends.ts';
import { joinedServersOf, serverOfUser } from '../joined-servers.ts';
import { parseReceivedEvent } from '../received-event.ts';
import { addHistory } from './add-history.ts';
import { fetchBackfill, fetchMissingEvents, fetchStateIds, type HistorySource } from './fetch-events.ts';
import { isForeignFailure, mayPassFailure } from './foreign-failure.ts';
import { orderStretch } from './history-stretch.ts';
import { splitStretch } from './split-stretch.ts';

const timeoutMs = 20_000;
const timeoutEachMs = 10_000;
const mostServers = 5;
const eventsPerStretch = 100;
const mostAskedFrom = 20;
/** For so long nobody is asked again for what nobody could give, or while nobody could be asked. */
const failureMemoryMs = { nothing: 30_000, unreachable: 3_000 } as const;
const rememberedFailures = 10_000;
/** A stretch is cut where it takes more: it goes to the room's owner in one piece. */
const mostStretchCharacters = 4 * 1024 * 1024;

/**
 * - `filled`: there is more here than before
 * - `nothing`: those who were asked do not have it
 * - `unreachable`: one who may have it could not be asked, which may pass
 */
export type FillOutcome = 'filled' | 'nothing' | 'unreachable';

interface HistoryFills {
  readonly underWay: Map<string, Promise<FillOutcome>>;
  /** Until when, on the monotonic clock. */
  readonly failures: BoundedCache<string, { readonly outcome: FillOutcome; readonly untilMs: number }>;
}

const fillsByProcess = new WeakMap<object, HistoryFills>();

function fillsOf(context: Context): HistoryFills {
  let fills = fillsByProcess.get(context.shardLog.tail);
  if (!fills) {
    const made: HistoryFills = { underWay: new Map(), failures: new BoundedCache(rememberedFailures) };
    context.metrics.observedGauge({
      name: 'holdfast_history_fills',
      help: 'Rooms whose history is being asked for at other servers.',
      read: () => made.underWay.size,
    });
    fillsByProcess.set(context.shardLog.tail, made);
    fills = made;
  }
  return fills;
}

/**
 * Asks other servers in the room for what comes before some events here, and gives it its place in the history. Several
 * servers are tried, within one deadline. Those who want the same at the same time share it; a failure is remembered for
 * a short while.
 * https://spec.matrix.org/v1.19/server-server-api/#backfilling-and-retrieving-missing-events
 */
export async function fillHistory(
  context: Context,
  room: RoomName,
  ends: readonly BackwardExtremity[],
): Promise<FillOutcome> {
  const asked = ends.slice(-mostAskedFrom);
  const [lowest] = asked.toSorted((one, other) => one.position - other.position);
  if (!lowest || !context.config.federation.enabled) return 'nothing';
  const fills = fillsOf(context);
  const key = `${room.id} ${asked.map(({ eventId }) => eventId).join(' ')}`;
  const running = fills.underWay.get(key);
  if (running) return await running;
  const failure = fills.failures.get(key);
  if (failure && failure.untilMs > context.clock.monotonicMs()) return failure.outcome;
  const filling = fill(context, room, asked, lowest.position)
    .then((outcome) => {
      if (outcome === 'filled') return outcome;
      fills.failures.set(key, { outcome, untilMs: context.clock.monotonicMs() + failureMemoryMs[outcome] });
      return outcome;
    })
    .finally(() => fills.underWay.delete(key));
  fills.underWay.set(key, filling);
  return await filling;
}

async function fill(
  context: Context,
  room: RoomName,
  ends: readonly BackwardExtremity[],
  lowest: number,
): Promise<FillOutcome> {
  let outcome: FillOutcome = 'nothing';
  const deadline = startDeadline(timeoutMs, `asking for the history of ${room.roomId}`, { clock: context.clock });
  try {
    const hasOlder = await hasOlderEvents(context, room, lowest);
    for (const server of await chooseServers(context, room, ends)) {
      if (deadline.remainingMs() === 0) return 'unreachable';
      const source = { server, room, deadline, timeoutEachMs };
      try {
        if (await fillFrom(context, source, ends, hasOlder)) return 'filled';
      } catch (error) {
        if (!isForeignFailure(error)) throw error;
        if (mayPassFailure(context, server, error)) outcome = 'unreachable';
        context.log.info({ roomId: room.roomId, server, err: error }, 'a server did not give the history of a room');
      }
    }
    return outcome;
  } finally {
    deadline.finish();
  }
}

/** The servers of those who sent what comes right after, which must have what they refer to, and then any others. */
async function chooseServers(context: Context, room: RoomName, ends: readonly BackwardExtremity[]): Promise<string[]> {
  const [joined, after] = await Promise.all([
    joinedServersOf(context, room.roomId),
    readEventsAt(
      context,
      room.shard,
      ends.map(({ position }) => position),
    ),
  ]);
  const senders = [...after.values()].map(({ pdu }) => serverOfUser(pdu.sender)).filter((server) => joined.has(server));
  const servers = new Set([...senders, ...joined]);
  servers.delete(context.serverName);
  return [...servers].slice(0, mostServers);
}

async function fillFrom(
  context: Context,
  source: HistorySource,
  ends: readonly BackwardExtremity[],
  hasOlder: boolean,
): Promise<boolean> {
  const { room } = source;
  const wanted = ends.map(({ eventId }) => eventId);
  const events = await findConnected(
    context,
    room,
    await fetchBackfill(context, source, wanted, eventsPerStretch),
    wanted,
  );
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const parts = splitStretch(events.map((event) => parseReceivedEvent(room.roomId, event)));
  let isFilled = false;
  for (const part of parts) {
    const verified = part.flatMap(({ eventId }) => byId.get(eventId) ?? []);
    const isApart = hasOlder || parts.length > 1;
    if (await placeStretch(context, source, verified, isApart)) isFilled = true;
  }
  return isFilled;
}

/**
 * Stores a stretch of history with all that it takes: auth events and the state before it. `isApart`: it does not lead
 * on from the oldest that is here, so that the state before it has to be asked for.
 */
export async function placeStretch(
  context: Context,
  source: HistorySource,
  events: readonly VerifiedEvent[],
  isApart: boolean,
): Promise<boolean> {
  const { room } = source;
  const parsed = orderStretch(events.map((event) => parseReceivedEvent(room.roomId, event)));
  const [oldest] = parsed;
  if (!oldest) return false;
  const isWhole = oldest.pdu.type === 'm.room.create';
  const own = new Set(parsed.map(({ eventId }) => eventId));
  const open = isWhole ? parsed.findIndex(({ prevEventIds }) => !prevEventIds.isSubsetOf(own)) : -1;
  if (open > 0) {
    // Between the room's beginning and the rest lies what is not among them: the state of the rest has to be asked for.
    const older = new Set(parsed.slice(0, open).map(({ eventId }) => eventId));
    const [below, above] = [true, false].map((isOlder) =>
      events.filter(({ eventId }) => older.has(eventId) === isOlder),
    );
    const isAbovePlaced = await placeStretch(context, source, above ?? [], true);
    const isBelowPlaced = await placeStretch(context, source, below ?? [], true);
    return isAbovePlaced || isBelowPlaced;
  }
  const needsState = !isWhole && (isApart || parsed.some(({ pdu }) => pdu.state_key !== undefined));
  const state = needsState ? await fetchStateIds(context, source, oldest.eventId) : undefined;
  const authEventIds = parsed.flatMap((event) => event.authEventIds).filter((eventId) => !own.has(eventId));
  const needed = new Set([...authEventIds, ...(state?.stateIds ?? []), ...(state?.authChainIds ?? [])]);
  const missing = await fetchMissingEvents(context, source, [...needed], state && oldest.eventId);
  if (state?.stateIds.some((eventId) => missing.has(eventId))) return false;
  const { placed } = await addHistory(context, room, {
    events: parsed.map(({ eventId, pduJson }) => ({ eventId, pduJson })),
    stateBefore: isWhole ? [] : (state?.stateIds ?? null),
  });
  return placed > 0;
}

/** What can be reached from the wanted events through events that have no place here yet, the newest first. */
export async function findConnected(
  context: Context,
  room: RoomName,
  events: readonly VerifiedEvent[],
  wanted: readonly string[],
): Promise<VerifiedEvent[]> {
  const byId = new Map(events.map((event) => [event.eventId, event]));
  const stored = await readEventsById(context, [...byId.keys()]);
  const connected = new Map<string, VerifiedEvent>();
  let characters = 0;
  for (const queue = [...wanted]; queue.length > 0; ) {
    const event = byId.get(queue.shift() ?? '');
    if (!event || connected.has(event.eventId)) continue;
    const here = stored.get(event.eventId);
    if (here && here.roomNumber === room.id && (here.flags & hiddenFlags) === 0) continue;
    // What an operator purged stays away, and what is before it.
    if (here && (here.flags & eventFlags.purged) !== 0) continue;
    characters += event.pduJson.length;
    if (characters > mostStretchCharacters) break;
    connected.set(event.eventId, event);
    queue.push(...event.pdu.prev_events.map(referencedEventId));
  }
  return [...connected.values()];
}
