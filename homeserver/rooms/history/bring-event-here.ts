import { startDeadline } from '@holdfast/effects/deadline.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';
import { hiddenFlags, type StoredEvent } from '../../storage/rooms/event-row.ts';
import { readEventById } from '../../storage/rooms/read-events.ts';
import { readBackwardExtremities } from '../../storage/rooms/read-history-ends.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { readForwardExtremities } from '../../storage/rooms/read-room-summary.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { mayRead, type RoomReader } from '../room-reader.ts';
import { fetchBackfill, type HistorySource } from './fetch-events.ts';
import { findConnected, placeStretch } from './fill-history.ts';
import { isForeignFailure } from './foreign-failure.ts';

const timeoutMs = 15_000;
const timeoutEachMs = 6_000;
const mostServers = 3;
/** What is brought here with an event that was found elsewhere. */
const eventsAround = 20;
/** Events that this process asks for at the same time; whoever wants one more is told that it is not here. */
const mostAtOnce = 20;
/** For so long nobody is asked again for what nobody could give. */
const failureMemoryMs = 30_000;
const rememberedFailures = 10_000;

interface Searches {
  readonly underWay: Map<string, Promise<boolean>>;
  /** Until when, on the monotonic clock. */
  readonly failures: BoundedCache<string, number>;
}

const searchesByProcess = new WeakMap<object, Searches>();

function searchesOf(context: Context): Searches {
  let searches = searchesByProcess.get(context.shardLog.tail);
  if (!searches) {
    const made: Searches = { underWay: new Map(), failures: new BoundedCache(rememberedFailures) };
    context.metrics.observedGauge({
      name: 'holdfast_event_searches',
      help: `Events being asked for at other servers, one by one; ${mostAtOnce} at most.`,
      read: () => made.underWay.size,
    });
    searchesByProcess.set(context.shardLog.tail, made);
    searches = made;
  }
  return searches;
}

/**
 * Asks other servers in the room for an event that is not here, and gives it, with some before it, its place in the
 * history. Nobody is asked where nothing is missing that the reader might see. Those who want the same event at the same
 * time share it; a failure is remembered for a short while. True: it may be here now.
 */
export async function bringEventHere(context: Context, reader: RoomReader, eventId: string): Promise<boolean> {
  const { room } = reader;
  if (!context.config.federation.enabled) return false;
  const ends = await readBackwardExtremities(context, room);
  if (!ends.some(({ position }) => mayRead(reader, position - 1))) return false;
  // As long as most members are not known, neither is the state that history would have to fit to.
  if (await isPartialRoom(context, room.id)) return false;
  const { underWay, failures } = searchesOf(context);
  const key = `${room.id} ${eventId}`;
  const running = underWay.get(key);
  if (running) return await running;
  if (underWay.size >= mostAtOnce || (failures.get(key) ?? 0) > context.clock.monotonicMs()) return false;
  const search = askServers(context, reader, eventId)
    .then((isFound) => {
      if (!isFound) failures.set(key, context.clock.monotonicMs() + failureMemoryMs);
      return isFound;
    })
    .finally(() => underWay.delete(key));
  underWay.set(key, search);
  return await search;
}

async function askServers(context: Context, { room }: RoomReader, eventId: string): Promise<boolean> {
  const others = [...(await joinedServersOf(context, room.roomId))].filter((server) => server !== context.serverName);
  const deadline = startDeadline(timeoutMs, `asking for an event of ${room.roomId}`, { clock: context.clock });
  try {
    for (const server of others.slice(0, mostServers)) {
      if (deadline.remainingMs() === 0) return false;
      try {
        if (await placeNamedEvent(context, { server, room, deadline, timeoutEachMs }, eventId)) return true;
      } catch (error) {
        if (!isForeignFailure(error)) throw error;
        context.log.info({ roomId: room.roomId, server, err: error }, 'a server did not give an event of a room');
      }
    }
    return false;
  } finally {
    deadline.finish();
  }
}

/**
 * Gives an event that another server has, and some before it, their place here. One that is newer than all that is here is
 * no history: it is on its way, or what comes before it will be asked for, and its place is at the end. Throws
 * RemoteServerError.
 */
export async function placeNamedEvent(
  context: Context,
  source: HistorySource,
  eventId: string,
): Promise<StoredEvent | undefined> {
  const here = await findPlaced(context, source, eventId);
  if (here) return here;
  const events = await fetchBackfill(context, source, [eventId], eventsAround);
  const connected = await findConnected(context, source.room, events, [eventId]);
  const newestDepth = Math.max(0, ...(await readForwardExtremities(context, source.room)).map(({ pdu }) => pdu.depth));
  if ((connected[0]?.pdu.depth ?? 0) > newestDepth) return undefined;
  await placeStretch(context, source, connected, true);
  return await findPlaced(context, source, eventId);
}

async function findPlaced(
  context: Context,
  { room }: HistorySource,
  eventId: string,
): Promise<StoredEvent | undefined> {
  const event = await readEventById(context, eventId);
  return event?.roomNumber === room.id && (event.flags & hiddenFlags) === 0 ? event : undefined;
}
