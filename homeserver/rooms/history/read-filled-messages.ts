import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { type BackwardExtremity, readBackwardExtremities } from '../../storage/rooms/read-history-ends.ts';
import { isPartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { type MessagesPage, type MessagesRequest, readMessages } from '../read-messages.ts';
import { partialRoomsOf } from '../remote/partial-rooms.ts';
import { findRoomReader, mayRead, type RoomReader } from '../room-reader.ts';
import { fillHistory } from './fill-history.ts';
import { timelineOrder } from './timeline-segments.ts';

/** Stretches of history that one request waits for. */
const mostRounds = 4;
/** Ends so near to each other are branches of the same stretch, and asked for together. */
const neighbourhood = 200;
const retryAfterMs = 5_000;

export interface FilledPage {
  readonly page: MessagesPage;
  /** Of the timeline as it is now. */
  readonly reader: RoomReader;
}

/**
 * A page of what somebody may read. When reading backwards comes to where events are missing that other servers have,
 * and the reader may see what was there, they are asked first. What nobody gives is left out, and the page tells from
 * where to ask again. A page with nothing in it does not say that the history ends here when those who have more could
 * not be asked. One query more for a room that has no such place. Throws M_FORBIDDEN; M_UNKNOWN (503) for such a page,
 * and when the room that was joined a short while ago does not become whole.
 */
export async function readFilledMessages(
  context: Context,
  reader: RoomReader,
  request: MessagesRequest,
): Promise<FilledPage> {
  const page = await readMessages(context, reader, request);
  if (request.direction !== 'b' || !(await hasOtherServers(context, reader))) return { page, reader };
  const ends = await readBackwardExtremities(context, reader.room);
  if (ends.length === 0 || findDueEnds(reader, page, request, ends).length === 0) return { page, reader };
  // As long as most members are not known, neither is the state that history would have to fit to. Who got everything
  // that is here already would ask for the same again and again.
  if (await isPartialRoom(context, reader.room.id)) {
    if (page.events.length > 0) return { page: continuing(page, request), reader };
    await partialRoomsOf(context).waitUntilWhole(reader.room.roomId);
    if (await isPartialRoom(context, reader.room.id)) return { page: continuing(page, request), reader };
  }
  return await fillPage(context, { page, reader }, request, ends);
}

/** Without others in the room there is nobody to ask. */
async function hasOtherServers(context: Context, { room }: RoomReader): Promise<boolean> {
  if (!context.config.federation.enabled) return false;
  const joined = await joinedServersOf(context, room.roomId);
  return joined.size > (joined.has(context.serverName) ? 1 : 0);
}

async function fillPage(
  context: Context,
  given: FilledPage,
  request: MessagesRequest,
  givenEnds: readonly BackwardExtremity[],
): Promise<FilledPage> {
  let { page, reader } = given;
  let ends = givenEnds;
  for (let round = 0; round < mostRounds; round++) {
    const due = findDueEnds(reader, page, request, ends);
    const [newest] = due;
    if (!newest) return { page, reader };
    const near = due.filter(({ position }) => Math.abs(position - newest.position) <= neighbourhood);
    const outcome = await fillHistory(context, reader.room, near);
    if (outcome !== 'filled') {
      if (page.events.length > 0) return { page: continuing(page, request), reader };
      if (outcome === 'nothing') return { page, reader };
      throw new MatrixError('M_UNKNOWN', 'The servers that have what came before do not answer, please try again', {
        status: 503,
        fields: { retry_after_ms: retryAfterMs },
      });
    }
    reader = await findRoomReader(context, reader.room.roomId, reader.userId);
    page = await readMessages(context, reader, request);
    ends = await readBackwardExtremities(context, reader.room);
  }
  const [newest] = findDueEnds(reader, page, request, ends);
  return { page: newest ? cutAt(reader, page, request, newest.position) : page, reader };
}

/** The places within a page, or at its end, where events are missing that the reader might see; the newest first. */
function findDueEnds(
  reader: RoomReader,
  page: MessagesPage,
  { from, to }: MessagesRequest,
  ends: readonly BackwardExtremity[],
): BackwardExtremity[] {
  const compare = timelineOrder(reader.segments);
  const isWithin = (position: number) => {
    if (page.end !== undefined && compare(position, page.end) <= 0) return false;
    if (to !== undefined && compare(position, to) <= 0) return false;
    // Who goes on right below such a place comes upon what is missing there.
    return from === undefined || compare(position, from) <= 0 || (position > from && position <= from + neighbourhood);
  };
  return ends
    .filter(({ position }) => isWithin(position) && mayRead(reader, position - 1))
    .sort((one, other) => compare(other.position, one.position));
}

/** The page, with a place to go on from although there is nothing further here yet. */
function continuing(page: MessagesPage, { from }: MessagesRequest): MessagesPage {
  const last = page.events.at(-1);
  return page.end !== undefined ? page : { ...page, end: last ? last.position - 1 : from };
}

/** The page up to the event before which others are missing: the next page begins with those. */
function cutAt(reader: RoomReader, page: MessagesPage, request: MessagesRequest, position: number): MessagesPage {
  const compare = timelineOrder(reader.segments);
  const events = page.events.filter((event) => compare(event.position, position) >= 0);
  if (events.length === page.events.length) return continuing(page, request);
  return events.length === 0 ? page : { ...page, events, end: position - 1 };
}
