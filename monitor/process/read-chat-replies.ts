import type { Clock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { SendRequest } from '@holdfast/effects/send-request.ts';
import type { PagingSettings } from '../configuration/monitor-settings.ts';
import type { Escalation } from '../escalation/escalate.ts';
import { isYes } from '../escalation/reply.ts';
import { incidentField } from '../notify/matrix.ts';
import type { NotifierSettings } from '../notify/notifier-settings.ts';

const timeoutMs = 4_000;
const looked = 50;
const mostRooms = 20;

interface RoomEvent {
  readonly event_id?: string;
  readonly sender?: string;
  readonly type?: string;
  readonly content?: Readonly<Record<string, unknown>>;
}

interface WatchedRoom {
  readonly url: string;
  readonly token: string;
  readonly roomId: string;
}

/** Reads, while a page is not acknowledged, the rooms to which pages go for answers to them. */
export function createReplyReader(
  paging: PagingSettings,
  parts: { readonly send: SendRequest; readonly clock: Clock; readonly log: Log },
): (escalations: readonly Escalation[]) => Promise<readonly { incident: string; by: string }[]> {
  const rooms = listRooms(paging);
  return async (escalations) => {
    const open = escalations.filter(({ acknowledgement, sent }) => !acknowledgement && sent > 0);
    if (open.length === 0) return [];
    const incidents = open.map(({ incident }) => incident);
    const answers = await Promise.all(rooms.map((room) => readRoom(room, parts)));
    const found = answers.flatMap((events) => findAnswers(events, incidents));
    return [...new Map(found.map((each) => [each.incident, each])).values()];
  };
}

function listRooms({ notifiers = {}, people = {} }: PagingSettings): WatchedRoom[] {
  const reach = Object.values(people).flatMap((person) => person.reach);
  const rooms = reach.flatMap(({ notifier, address }): WatchedRoom[] => {
    const settings = notifiers[notifier] as unknown as NotifierSettings | undefined;
    if (settings?.kind !== 'matrix') return [];
    return [{ url: settings.url.replace(/\/$/, ''), token: settings.access_token, roomId: address }];
  });
  return [...new Map(rooms.map((room) => [`${room.url} ${room.roomId}`, room])).values()].slice(0, mostRooms);
}

async function readRoom(
  { url, token, roomId }: WatchedRoom,
  { send, clock, log }: { readonly send: SendRequest; readonly clock: Clock; readonly log: Log },
): Promise<readonly RoomEvent[]> {
  const deadline = startDeadline(timeoutMs, `reading answers in ${roomId}`, { clock });
  try {
    const address = `${url}/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=${looked}`;
    const headers = { Authorization: `Bearer ${token}` };
    const { status, body } = await send({ method: 'GET', url: address, headers }, deadline, 512 * 1024);
    const { chunk } = status === 200 ? (JSON.parse(body) as { chunk?: readonly RoomEvent[] }) : {};
    return Array.isArray(chunk) ? (chunk as RoomEvent[]) : [];
  } catch (error) {
    log.warn({ err: error, roomId }, 'answers could not be read');
    return [];
  } finally {
    deadline.finish();
  }
}

/** A reaction to one of our pages, or an answer to it that says yes, by somebody else than us. */
export function findAnswers(
  events: readonly RoomEvent[],
  incidents: readonly string[],
): { readonly incident: string; readonly by: string }[] {
  const pages = new Map<string, { incident: string; sender: string }>();
  for (const { event_id: id = '', sender = '', content } of events) {
    const incident = content?.[incidentField];
    if (typeof incident === 'string' && incidents.includes(incident)) pages.set(id, { incident, sender });
  }
  return events.flatMap(({ sender = '', type, content }) => {
    const relation = content?.['m.relates_to'] as
      | { readonly event_id?: string; readonly 'm.in_reply_to'?: { readonly event_id?: string } }
      | undefined;
    const page = pages.get(relation?.['m.in_reply_to']?.event_id ?? relation?.event_id ?? '');
    if (!page || page.sender === sender) return [];
    const isTaken = type === 'm.reaction' || (type === 'm.room.message' && isYes(withoutQuote(content?.['body'])));
    return isTaken ? [{ incident: page.incident, by: sender }] : [];
  });
}

/** Older clients repeat what they answer, in lines that begin with `>`. */
function withoutQuote(body: unknown): string {
  const lines = typeof body === 'string' ? body.split('\n') : [];
  return lines
    .filter((line) => !line.startsWith('>'))
    .join('\n')
    .trim();
}
