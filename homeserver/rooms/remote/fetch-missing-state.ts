import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import type { VerifiedEvent } from '../../remote-servers/received-events/received-event.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import type { MissingStateEvent } from '../../storage/rooms/missing-state-event.ts';
import { readEventsById } from '../../storage/rooms/read-events.ts';
import { readMissingState } from '../../storage/rooms/read-missing-state.ts';
import type { PartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { readEventPlaces } from '../../storage/rooms/read-state-spans.ts';
import { addMissingState } from './add-missing-state.ts';
import { fetchEvent, statePlaces } from './complete-partial-room.ts';
import { storeOutliers } from './store-room-state.ts';

/** Asked for in one go; as long as some of them come, the next are. */
const eventsAtOnce = 50;
const requestsAtOnce = 5;
const mostServers = 5;
const mostRounds = 400;

/**
 * Looks again for what a room's state misses: asks for the events one by one, and for the keys that say whether they are
 * sound. What is found becomes part of the room's state. What all servers that answer tell wrongly or do not have is given
 * up. `turn`: the how manieth attempt it is, as each begins with others. Gives whether nothing is left.
 */
export async function fetchMissingState(
  context: Context,
  { roomId }: PartialRoom,
  servers: readonly string[],
  turn: number,
): Promise<boolean> {
  const room = await findRoom(context, roomId);
  if (!room) return true;
  const all = await readMissingState(context, room.id);
  const waiting = turnedTo(all, turn * eventsAtOnce);
  const found: MissingStateEvent[] = [];
  let left = all.length;
  for (let round = 0; round < mostRounds && waiting.length > 0; round++) {
    const wanted = waiting.splice(0, eventsAtOnce);
    const { here, hopeless } = await look(context, room, turnedTo(servers, turn).slice(0, mostServers), wanted);
    found.push(...here);
    left -= here.length + hopeless.length;
    if (hopeless.length > 0) {
      context.log.warn(
        { roomId, eventIds: hopeless.slice(0, 5) },
        'state of a room was given up: no server has it sound',
      );
      await addMissingState(context, room.shard, { roomId, state: [], noLongerMissing: hopeless, ...afterwards });
    }
    if (here.length === 0 && hopeless.length === 0) break;
    // What stood on these may be stored now.
    if (here.length > 0)
      waiting.push(...wanted.filter((event) => !here.includes(event) && !hopeless.includes(event.eventId)));
  }
  if (found.length > 0) await place(context, room, found);
  return left === 0;
}

function turnedTo<T>(all: readonly T[], index: number): T[] {
  const first = index % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
}

const afterwards = { isLast: false, isAfterwards: true } as const;

interface Look {
  readonly here: readonly MissingStateEvent[];
  /** Ids of events of which nothing better will be told. */
  readonly hopeless: readonly string[];
}

async function look(
  context: Context,
  room: RoomName,
  servers: readonly string[],
  wanted: readonly MissingStateEvent[],
): Promise<Look> {
  const mayCome = new Set<string>();
  let answers = 0;
  let left = wanted;
  for (const server of servers) {
    const { verified, withoutKey, unanswered, isReached } = await ask(context, room, server, left);
    await storeOutliers(context, rulesOfRoom(room), room.roomId, verified);
    answers += Number(isReached);
    const known = await readEventPlaces(
      context,
      room,
      left.map(({ eventId }) => eventId),
    );
    // Others would tell the same of what lacks a key, or stands on what is missing.
    const isTold = new Set([...known.keys(), ...verified.map(({ eventId }) => eventId), ...withoutKey]);
    for (const eventId of [...isTold, ...unanswered]) mayCome.add(eventId);
    left = left.filter(({ eventId }) => !isTold.has(eventId));
    if (left.length === 0) break;
  }
  const ids = wanted.map(({ eventId }) => eventId);
  const here = await readEventPlaces(context, room, ids);
  return {
    here: wanted.filter(({ eventId }) => here.has(eventId)),
    hopeless: answers === 0 ? [] : ids.filter((eventId) => !mayCome.has(eventId)),
  };
}

interface Asked {
  readonly verified: readonly VerifiedEvent[];
  /** Ids of events that may be sound. */
  readonly withoutKey: readonly string[];
  readonly unanswered: readonly string[];
  readonly isReached: boolean;
}

async function ask(
  context: Context,
  room: RoomName,
  server: string,
  wanted: readonly MissingStateEvent[],
): Promise<Asked> {
  const told: JsonObject[] = [];
  const unanswered: string[] = [];
  let isReached = false;
  const queue = wanted.map(({ eventId }) => eventId);
  const askNext = async (): Promise<void> => {
    for (let eventId = queue.pop(); eventId !== undefined; eventId = queue.pop()) {
      try {
        told.push(...(await fetchEvent(context, server, eventId)));
        isReached = true;
      } catch (error) {
        if (!(error instanceof RemoteServerError)) throw error;
        if (error.kind === 'refused' && error.status === 404) isReached = true;
        else unanswered.push(eventId);
        // Who does not answer one question is not asked the others.
        if (error.kind !== 'refused') unanswered.push(...queue.splice(0));
      }
    }
  };
  await Promise.all(Array.from({ length: requestsAtOnce }, askNext));
  const judged = await verifyReceivedEvents(context, rulesOfRoom(room), told);
  const ids = new Set(wanted.map(({ eventId }) => eventId));
  return {
    verified: judged.flatMap((event) => (event.problem === undefined && ids.has(event.eventId) ? [event] : [])),
    withoutKey: judged.flatMap(({ eventId, problem }) => (problem?.kind === 'key' ? (eventId ?? []) : [])),
    unanswered,
    isReached,
  };
}

/** What comes from its beginning on into the state of a room that was whole without it. */
async function place(context: Context, room: RoomName, found: readonly MissingStateEvent[]): Promise<void> {
  const { roomId, shard } = room;
  const stateIds = found.flatMap(({ eventId, isState }) => (isState ? eventId : []));
  for (let start = 0; start < stateIds.length; start += eventsAtOnce) {
    const stored = await readEventsById(context, stateIds.slice(start, start + eventsAtOnce));
    const { isOver } = await addMissingState(context, shard, {
      ...{ roomId, state: statePlaces(room, stored.values()), ...afterwards },
    });
    if (isOver) return;
  }
  const noLongerMissing = found.map(({ eventId }) => eventId);
  await addMissingState(context, shard, {
    ...{ roomId, state: [], noLongerMissing, ...afterwards },
    // What came since is judged again where there is more of the state.
    isLast: stateIds.length > 0,
  });
  context.log.info({ roomId, count: found.length }, 'state of a room that was missing is here now');
}
