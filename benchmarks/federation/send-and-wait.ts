import { setTimeout as delay } from 'node:timers/promises';
import type { AnyJson, TestUser } from '@holdfast/homeserver/testing/test-user.ts';

const encode = encodeURIComponent;
const pollMs = 20;
let transactions = 0;

/** Joins through a server by its name. */
export async function joinThrough(user: TestUser, roomId: string, server: string): Promise<void> {
  const via = encode(server);
  await user.call('POST', `/_matrix/client/v3/join/${encode(roomId)}?server_name=${via}&via=${via}`, {});
}

export async function sendText(user: TestUser, roomId: string, body: string): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encode(roomId)}/send/m.room.message/b${++transactions}`;
  return (await user.call('PUT', path, { msgtype: 'm.text', body })).event_id;
}

/** Waits until a client can read an event. Throws when it cannot within the time. */
export async function waitForEvent(user: TestUser, roomId: string, eventId: string, patienceMs: number): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${encode(roomId)}/event/${encode(eventId)}`;
  for (const endMs = performance.now() + patienceMs; performance.now() < endMs; await delay(pollMs)) {
    if ((await user.send('GET', path)).status === 200) return;
  }
  throw new Error(`an event could not be read within ${patienceMs / 1000} s: ${eventId}`);
}

/** The ids of all messages of a room that a client can read, newest first, at most 100 pages. */
export async function readMessageIds(user: TestUser, roomId: string): Promise<string[]> {
  const found: string[] = [];
  let from: string | undefined;
  for (let page = 0; page < 100; page++) {
    const query = new URLSearchParams({ dir: 'b', limit: '500', ...(from !== undefined && { from }) });
    const path = `/_matrix/client/v3/rooms/${encode(roomId)}/messages?${query.toString()}`;
    const { chunk, end }: AnyJson = await user.call('GET', path);
    for (const event of chunk as AnyJson[]) if (event.type === 'm.room.message') found.push(event.event_id);
    if (end === undefined || chunk.length === 0) return found;
    from = end;
  }
  return found;
}
