import type { BenchUser } from './bench-user.ts';
import { requestJson } from './request-json.ts';

/** User ids of a room's joined members. */
export async function readJoinedMembers(user: BenchUser, roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/joined_members`;
  const { joined } = await requestJson(user.connection, 'GET', path, { token: user.token });
  if (typeof joined !== 'object' || joined === null) throw new Error('the reply has no joined members');
  return Object.keys(joined);
}

/** The newest `count` event ids of a room by paging /messages backwards, newest first. */
export async function readNewestEventIds(user: BenchUser, roomId: string, count: number): Promise<string[]> {
  const eventIds: string[] = [];
  let from: string | undefined;
  do {
    const query = new URLSearchParams({ dir: 'b', limit: String(Math.min(500, count - eventIds.length)) });
    if (from !== undefined) query.set('from', from);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`;
    const reply = await requestJson(user.connection, 'GET', path, { token: user.token });
    for (const event of reply.chunk as { event_id: string }[]) eventIds.push(event.event_id);
    from = reply.end as string | undefined;
  } while (from !== undefined && eventIds.length < count);
  return eventIds;
}
