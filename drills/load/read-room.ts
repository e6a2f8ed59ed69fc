import type { Observation, SeenEvent } from '../checker/history.ts';
import type { DrillUser } from './populate.ts';
import { requestJson } from './send-request.ts';

interface MessagesPage {
  readonly chunk: readonly {
    event_id: string;
    type: string;
    origin_server_ts: number;
    content: { body?: string };
  }[];
  readonly end?: string;
}

export interface ReadRange {
  readonly dir: 'b' | 'f';
  readonly from?: string;
  readonly to?: string;
}

const pageLimit = 500;
const readTimeoutMs = 30_000;

/** The messages of a room by /messages, in the order of the pages. */
export async function readMessages(
  baseUrl: string,
  roomId: string,
  { token }: DrillUser,
  range: ReadRange,
): Promise<SeenEvent[]> {
  const seen: SeenEvent[] = [];
  let from = range.from;
  do {
    const query = new URLSearchParams({ dir: range.dir, limit: String(pageLimit) });
    if (from !== undefined) query.set('from', from);
    if (range.to !== undefined) query.set('to', range.to);
    const url = `${baseUrl}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`;
    const page = (await requestJson(url, 'GET', { token, timeoutMs: readTimeoutMs })) as MessagesPage;
    seen.push(...messagesIn(page.chunk));
    from = page.end;
  } while (from !== undefined);
  return seen;
}

/** When the newest events of a room were sent, as they say. */
export async function readNewestTimes(baseUrl: string, roomId: string, { token }: DrillUser): Promise<number[]> {
  const url = `${baseUrl}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=${pageLimit}`;
  const page = (await requestJson(url, 'GET', { token, timeoutMs: readTimeoutMs })) as MessagesPage;
  return page.chunk.map((event) => event.origin_server_ts);
}

/** Those events that are messages of the drill. */
export function messagesIn(events: MessagesPage['chunk']): SeenEvent[] {
  return events.flatMap(({ type, event_id: eventId, content }) =>
    type === 'm.room.message' ? { eventId, body: content.body ?? '' } : [],
  );
}

/** All of a room's messages, from its beginning to its end. */
export async function observeRoom(
  reader: string,
  baseUrl: string,
  roomId: string,
  user: DrillUser,
): Promise<Observation> {
  return { reader, roomId, complete: true, events: await readMessages(baseUrl, roomId, user, { dir: 'f' }) };
}
