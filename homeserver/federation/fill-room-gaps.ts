import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { dropWaitingEventsCommand } from '../rooms/drop-waiting-events.ts';
import { isServerInRoom, joinedServersOf } from '../rooms/joined-servers.ts';
import { receiveEvents } from '../rooms/receive-events.ts';
import type { ReceivedEvent } from '../rooms/received-event.ts';
import { readKnownEvents, readWaitingEvents, type WaitingEvent } from '../storage/federation/read-waiting-events.ts';
import type { RoomName } from '../storage/names/room-names.ts';
import { fetchMissingEvents } from './fetch-missing-events.ts';
import { fetchAuthEvents, fetchStateBefore } from './fetch-state-before.ts';
import { selectNeeded } from './select-needed.ts';

/** Of one piece of work; what is left then is the next one's. */
const longestMs = 120_000;
const maxRounds = 2_000;
/** Servers give no more than 10 or 20 events unless they are generous; a shorter answer is all there is. */
const longAnswer = 10;
/** Asked about at once. */
const maxLatest = 20;
/** Events whose depths are so near lie on branches of the same stretch, and one answer tells of all of them. */
const neighbourhood = 100;
/** Looked at in one round, the lowest ones. */
const maxWaiting = 200;
/** For whose auth events other servers are asked in one round. */
const maxWithoutAuth = 5;
/** Besides those that sent the events. */
const maxOtherServers = 4;
/** What nobody could help to place for so long is given up. */
const longestWaitMs = 6 * 3_600_000;

interface Gap {
  readonly event: WaitingEvent;
  readonly depth: number;
  /** Ids of events that come right before it. */
  readonly missingPrev: readonly string[];
  readonly missingAuth: boolean;
  /** Among what it refers to are events that wait themselves. */
  readonly waitsForOthers: boolean;
}

/** What a piece of work has found out. */
interface GapWork {
  /** Events about which servers have told what they would. */
  readonly asked: Set<string>;
  /** Events that could not be taken in on a state either. */
  readonly stuck: Set<string>;
  /** No more may wait: the lowest ones have to be placed before more is fetched. */
  isFull: boolean;
}

/**
 * What came of one step:
 * - `progress`: something was placed, fetched or dropped
 * - `tried`: nothing, and something else is left to try
 * - `nothing`: nothing, and nothing is left to try
 */
type Step = 'progress' | 'tried' | 'nothing';

/**
 * - `filled`: nothing waits any more
 * - `more`: something came of it, and there is more to do
 * - `stuck`: nobody could help
 */
export type GapOutcome = 'filled' | 'more' | 'stuck';

/**
 * Fetches what the waiting events of a room wait for, and has them judged: the lowest gap first, down to what is here, so
 * that what was said meanwhile gets its place in the order in which it was said. Where the servers do not tell that far,
 * or where it is too much to keep waiting, the lowest of what they told is taken in on the state that its server says was
 * there, and what lies in between is left to history. An event that was sent to us whose server does not tell what comes
 * before it is dropped. What a room costs is bounded: by time, rounds and events.
 */
export async function fillRoomGaps(context: Context, room: RoomName, signal: AbortSignal): Promise<GapOutcome> {
  // While this server is joining, events wait for the join.
  if (!(await isServerInRoom(context, room.roomId))) return 'stuck';
  const endMs = context.clock.monotonicMs() + longestMs;
  const work: GapWork = { asked: new Set(), stuck: new Set(), isFull: false };
  let hasProgress = false;
  for (let round = 0; round < maxRounds; round++) {
    if (signal.aborted || context.clock.monotonicMs() > endMs) return hasProgress ? 'more' : 'stuck';
    const gaps = await findGaps(context, room);
    if (gaps.length === 0) return 'filled';
    const step = await workOnGaps(context, room, gaps, work, signal);
    if (step === 'nothing') break;
    hasProgress ||= step === 'progress';
  }
  await giveUpOldest(context, room);
  return 'stuck';
}

/** Places what can be placed, and asks about the lowest gaps; where all is asked, the lowest one is bridged by state. */
async function workOnGaps(
  context: Context,
  room: RoomName,
  gaps: readonly Gap[],
  work: GapWork,
  signal: AbortSignal,
): Promise<Step> {
  const isPlaced = await receiveComplete(context, room, gaps, signal);
  const lowest = lowestOpen(gaps, work);
  const unasked = work.isFull ? [] : lowest.filter(({ event }) => !work.asked.has(event.eventId));
  if (unasked.length > 0) {
    const isTold = await receiveMissing(context, room, unasked, work, signal);
    return isPlaced || isTold ? 'progress' : 'tried';
  }
  if (isPlaced) return 'progress';
  const bridged = lowest.find(({ event }) => event.isFetched) ?? lowest[0];
  if (!bridged) return 'nothing';
  if (await receiveWithState(context, room, bridged.event, signal)) {
    work.isFull = false;
    return 'progress';
  }
  work.stuck.add(bridged.event.eventId);
  return 'tried';
}

/** Has those judged that have no gap below them. Gives whether any of them was placed. */
async function receiveComplete(
  context: Context,
  room: RoomName,
  gaps: readonly Gap[],
  signal: AbortSignal,
): Promise<boolean> {
  const ready = gaps.filter(({ missingPrev, missingAuth }) => missingPrev.length === 0 && !missingAuth);
  let isPlaced = ready.length > 0 && (await receiveAgain(context, room, ready));
  // With what it waits for, its auth events may come as well.
  const lackingAuth = gaps.filter((gap) => gap.missingAuth && gap.missingPrev.length === 0 && !gap.waitsForOthers);
  for (const { event } of lackingAuth.slice(0, maxWithoutAuth)) {
    if (await addAuthEvents(context, room, event, signal)) isPlaced = true;
  }
  return isPlaced;
}

/** The lowest events with a gap right below them, and those beside them. */
function lowestOpen(gaps: readonly Gap[], { stuck }: GapWork): Gap[] {
  const open = gaps.filter(({ missingPrev, event }) => missingPrev.length > 0 && !stuck.has(event.eventId));
  const [lowest] = open;
  return lowest ? open.filter(({ depth }) => depth <= lowest.depth + neighbourhood).slice(0, maxLatest) : [];
}

/** Events that nobody could help to place are forgotten: whoever refers to them later has them asked for again. */
async function giveUpOldest(context: Context, room: RoomName): Promise<void> {
  const waiting = await readWaitingEvents(context, room, maxWaiting);
  const eventIds = waiting.filter(({ waitedMs }) => waitedMs > longestWaitMs).map(({ eventId }) => eventId);
  if (eventIds.length === 0) return;
  context.log.warn(
    { roomId: room.roomId, eventIds: eventIds.slice(0, 5), count: eventIds.length },
    'events were given up',
  );
  await context.shardLog.submit(dropWaitingEventsCommand, room.shard, { roomId: room.roomId, eventIds });
}

/** The waiting events with what they lack, lowest first. */
async function findGaps(context: Context, room: RoomName): Promise<Gap[]> {
  const waiting = await readWaitingEvents(context, room, maxWaiting);
  const parsed = waiting.map((event) => {
    const pdu = JSON.parse(event.pduJson) as Pdu;
    const [prev, auth] = [pdu.prev_events.map(referencedEventId), pdu.auth_events.map(referencedEventId)];
    return { event, depth: pdu.depth, prev, auth };
  });
  const known = await readKnownEvents(
    context,
    parsed.flatMap(({ prev, auth }) => [...prev, ...auth]),
  );
  const waitingIds = new Set(waiting.map(({ eventId }) => eventId));
  // What waits itself is not asked for: it is the ones below it that are.
  const isMissing = (eventId: string) => known.get(eventId) !== 'placed' && !waitingIds.has(eventId);
  return parsed
    .map(({ event, depth, prev, auth }) => ({
      ...{ event, depth },
      missingPrev: prev.filter(isMissing),
      missingAuth: auth.some((eventId) => !known.has(eventId) && !waitingIds.has(eventId)),
      waitsForOthers: [...prev, ...auth].some((eventId) => waitingIds.has(eventId)),
    }))
    .filter(({ missingPrev, missingAuth, waitsForOthers }) => missingPrev.length > 0 || missingAuth || !waitsForOthers);
}

/** Everything that these refer to is here. */
async function receiveAgain(context: Context, room: RoomName, ready: readonly Gap[]): Promise<boolean> {
  let progress = false;
  for (const [origin, gaps] of Map.groupBy(ready, ({ event }) => event.origin)) {
    const events = gaps.map(({ event: { eventId, pduJson } }) => ({ eventId, pduJson }));
    const outcomes = await receiveEvents(context, { roomId: room.roomId, origin, events });
    progress ||= outcomes.some(({ outcome }) => outcome !== 'waiting');
  }
  return progress;
}

/**
 * Asks for what lies between the waiting events and the room as it is here. Events that were sent to us are dropped where
 * their server answers and nobody tells what comes before them. Gives whether anything came of it.
 */
async function receiveMissing(
  context: Context,
  room: RoomName,
  open: readonly Gap[],
  work: GapWork,
  signal: AbortSignal,
): Promise<boolean> {
  const latest = open.map(({ event }) => event);
  const answered = new Set<string>();
  for (const server of await serversToAsk(context, room, latest)) {
    if (signal.aborted) return false;
    const told = await fetchMissingEvents(context, room, server, latest, signal);
    if (!told) continue;
    answered.add(server);
    const events = await selectNeeded(context, latest, told);
    const outcomes = events.length > 0 ? await receiveAsManyAsMay(context, room, server, events) : [];
    if (!outcomes) {
      work.isFull = true;
      return true;
    }
    if (outcomes.every(({ outcome }) => outcome === 'known')) continue;
    noteAnswer(open, events, told.length, work);
    return true;
  }
  for (const { eventId } of latest) work.asked.add(eventId);
  const useless = latest.filter(({ origin, isFetched }) => answered.has(origin) && !isFetched);
  if (useless.length === 0) return answered.size > 0;
  const eventIds = useless.map(({ eventId }) => eventId);
  context.log.info(
    { roomId: room.roomId, eventIds },
    'events were dropped: their servers do not tell what comes before',
  );
  await context.shardLog.submit(dropWaitingEventsCommand, room.shard, { roomId: room.roomId, eventIds });
  return true;
}

/**
 * Whom an answer helped is not asked about again. A short answer is all that there is: nothing below it is asked for. Of a
 * long one it may be that those whom it did not help had no place in it.
 */
function noteAnswer(open: readonly Gap[], told: readonly ReceivedEvent[], length: number, { asked }: GapWork): void {
  const toldIds = new Set(told.map(({ eventId }) => eventId));
  const isAll = length < longAnswer;
  for (const { event, missingPrev } of open) {
    if (isAll || missingPrev.some((eventId) => toldIds.has(eventId))) asked.add(event.eventId);
  }
  if (isAll) for (const eventId of toldIds) asked.add(eventId);
}

/** Undefined where too many events of the room wait already: what waits has to be placed before more is fetched. */
async function receiveAsManyAsMay(context: Context, room: RoomName, origin: string, events: readonly ReceivedEvent[]) {
  try {
    return await receiveEvents(context, { roomId: room.roomId, origin, events, areFetched: true });
  } catch (error) {
    if (error instanceof MatrixError && error.errcode === 'M_LIMIT_EXCEEDED') return undefined;
    throw error;
  }
}

async function addAuthEvents(
  context: Context,
  room: RoomName,
  event: WaitingEvent,
  signal: AbortSignal,
): Promise<boolean> {
  for (const server of await serversToAsk(context, room, [event])) {
    if (signal.aborted) return false;
    if (!(await fetchAuthEvents(context, room, server, event, signal))) continue;
    const { origin, eventId, pduJson } = event;
    const outcomes = await receiveEvents(context, { roomId: room.roomId, origin, events: [{ eventId, pduJson }] });
    if (outcomes.some((outcome) => outcome.eventId === eventId && outcome.outcome !== 'waiting')) return true;
  }
  return false;
}

async function receiveWithState(
  context: Context,
  room: RoomName,
  event: WaitingEvent,
  signal: AbortSignal,
): Promise<boolean> {
  const { origin, eventId, pduJson } = event;
  for (const server of await serversToAsk(context, room, [event])) {
    if (signal.aborted) return false;
    const stateBefore = await fetchStateBefore(context, room, server, event, signal);
    if (!stateBefore) continue;
    const events = [{ eventId, pduJson, stateBefore }];
    const outcomes = await receiveEvents(context, { roomId: room.roomId, origin, events });
    if (outcomes.some((outcome) => outcome.eventId === eventId && outcome.outcome !== 'waiting')) {
      context.log.info({ roomId: room.roomId, server, eventId }, 'a gap was bridged by the state after it');
      return true;
    }
  }
  return false;
}

/** Those that sent the events, then some others of the room. */
async function serversToAsk(context: Context, room: RoomName, events: readonly WaitingEvent[]): Promise<string[]> {
  const origins = new Set(events.map(({ origin }) => origin));
  const joined = [...(await joinedServersOf(context, room.roomId))].filter((server) => !origins.has(server));
  const start = Math.floor(context.random.fraction() * joined.length);
  const others = [...joined.slice(start), ...joined.slice(0, start)].slice(0, maxOtherServers);
  return [...[...origins].slice(0, maxOtherServers), ...others].filter((server) => server !== context.serverName);
}
