import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { AnyJson, TestUser } from '@holdfast/homeserver/testing/test-user.ts';

/** What clients do, in short. Paths below /_matrix/client/v3 unless they begin with /_matrix. */

const patienceMs = 20_000;
const pollMs = 100;
const encode = encodeURIComponent;
let transactions = 0;

export function serverOf(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1);
}

export async function call(user: TestUser, method: string, path: string, body?: object, status = 200) {
  const full = path.startsWith('/_matrix') ? path : `/_matrix/client/v3${path}`;
  return user.call(method, full, body, status);
}

export async function makeRoom(user: TestUser, version: number, options: object = {}): Promise<string> {
  const body = { preset: 'public_chat', room_version: String(version), ...options };
  return (await call(user, 'POST', '/createRoom', body)).room_id;
}

/** Joins through the server of a user who is there. */
export async function join(user: TestUser, roomIdOrAlias: string, through: TestUser, status = 200): Promise<AnyJson> {
  const via = encode(serverOf(through.userId));
  return call(user, 'POST', `/join/${encode(roomIdOrAlias)}?server_name=${via}&via=${via}`, {}, status);
}

export async function leave(user: TestUser, roomId: string): Promise<void> {
  await call(user, 'POST', `/rooms/${encode(roomId)}/leave`, {});
}

/** `invite`, `kick`, `ban` or `unban`. */
export async function moderate(user: TestUser, roomId: string, action: string, target: TestUser, status = 200) {
  await call(user, 'POST', `/rooms/${encode(roomId)}/${action}`, { user_id: target.userId }, status);
}

export async function say(user: TestUser, roomId: string, body: string, status = 200): Promise<string> {
  const path = `/rooms/${encode(roomId)}/send/m.room.message/t${++transactions}`;
  return (await call(user, 'PUT', path, { msgtype: 'm.text', body }, status)).event_id;
}

export async function setState(
  user: TestUser,
  roomId: string,
  type: string,
  content: object,
  stateKey = '',
  status = 200,
): Promise<string> {
  return (await call(user, 'PUT', `/rooms/${encode(roomId)}/state/${type}/${encode(stateKey)}`, content, status))
    .event_id;
}

/** The content, or undefined where there is none or it may not be seen. */
export async function readState(user: TestUser, roomId: string, type: string, stateKey = ''): Promise<AnyJson> {
  const path = `/_matrix/client/v3/rooms/${encode(roomId)}/state/${type}/${encode(stateKey)}`;
  const reply = await user.send('GET', path);
  return reply.status === 200 ? reply.body : undefined;
}

export async function readEvent(user: TestUser, roomId: string, eventId: string): Promise<AnyJson> {
  const reply = await user.send('GET', `/_matrix/client/v3/rooms/${encode(roomId)}/event/${encode(eventId)}`);
  return reply.status === 200 ? reply.body : undefined;
}

/** The newest events first, over as many pages as there are, at most 20. */
export async function readHistory(user: TestUser, roomId: string, limit = 50): Promise<AnyJson[]> {
  const events: AnyJson[] = [];
  let from: string | undefined;
  for (let page = 0; page < 20; page++) {
    const query = new URLSearchParams({ dir: 'b', limit: String(limit), ...(from !== undefined && { from }) });
    const reply = await call(user, 'GET', `/rooms/${encode(roomId)}/messages?${query.toString()}`);
    events.push(...reply.chunk);
    from = reply.end;
    if (from === undefined) break;
  }
  return events;
}

export async function readTexts(user: TestUser, roomId: string): Promise<string[]> {
  const events = await readHistory(user, roomId);
  return events
    .filter(({ type, content }) => type === 'm.room.message' && content.body)
    .map(({ content }) => content.body);
}

/** Asks until the answer is neither undefined nor false, and gives it. Throws an error with `what` when it never is. */
export async function until<T>(what: string, ask: () => Promise<T | undefined | false>, ms = patienceMs): Promise<T> {
  for (const endMs = performance.now() + ms; ; await delay(pollMs)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (performance.now() > endMs) throw new Error(`not within ${ms / 1000} s: ${what}`);
  }
}

export async function waitForText(user: TestUser, roomId: string, body: string, ms = patienceMs): Promise<void> {
  await until(`${user.userId} reads "${body}"`, async () => (await newestTexts(user, roomId)).includes(body), ms);
}

async function newestTexts(user: TestUser, roomId: string): Promise<string[]> {
  const { chunk } = await call(user, 'GET', `/rooms/${encode(roomId)}/messages?dir=b&limit=100`);
  return chunk.map(({ content }: AnyJson) => content?.body).filter((body: unknown) => body !== undefined);
}

export async function waitForMembership(viewer: TestUser, roomId: string, of: TestUser, membership: string) {
  await until(`${viewer.userId} sees ${of.userId} as ${membership}`, async () => {
    const content = await readState(viewer, roomId, 'm.room.member', of.userId);
    return content?.membership === membership;
  });
}

export async function waitForState(
  viewer: TestUser,
  roomId: string,
  type: string,
  isWanted: (content: AnyJson) => boolean,
  stateKey = '',
): Promise<void> {
  await until(`${viewer.userId} sees ${type} ${stateKey} as wanted`, async () => {
    const content = await readState(viewer, roomId, type, stateKey);
    return content !== undefined && isWanted(content);
  });
}

/** The room's whole state as lines `type|state key|event id`, sorted. */
async function describeState(user: TestUser, roomId: string): Promise<string[]> {
  const state: AnyJson[] = await call(user, 'GET', `/rooms/${encode(roomId)}/state`);
  return state.map((event) => `${event.type}|${event.state_key}|${event.event_id}`).sort();
}

/** Waits until two members, on two servers, see the same state event for every key. */
export async function waitForSameState(one: TestUser, other: TestUser, roomId: string): Promise<void> {
  let seen: [string[], string[]] = [[], []];
  await until('both servers have the same state', async () => {
    seen = await Promise.all([describeState(one, roomId), describeState(other, roomId)]);
    return JSON.stringify(seen[0]) === JSON.stringify(seen[1]);
  }).catch(() => assert.deepEqual(seen[1], seen[0], 'both servers have the same state'));
}

let looks = 0;

/**
 * The entry of a room in a section of /sync without a token, or undefined. Synapse answers the same question with the
 * same reply for two minutes, so no two are the same.
 */
export async function syncRoom(user: TestUser, section: 'join' | 'invite' | 'knock' | 'leave', roomId: string) {
  const filter = encode(JSON.stringify({ room: { include_leave: true, timeline: { limit: 10 + (++looks % 990) } } }));
  const reply = await call(user, 'GET', `/sync?timeout=0&filter=${filter}`);
  return reply.rooms?.[section]?.[roomId];
}

/** Reads /sync from token to token until something in a reply is wanted. */
export async function syncUntil<T>(
  what: string,
  user: TestUser,
  since: string | undefined,
  find: (reply: AnyJson) => T | undefined,
): Promise<T> {
  let token = since;
  return until(what, async () => {
    const query = new URLSearchParams({ timeout: '1000', ...(token !== undefined && { since: token }) });
    const reply = await call(user, 'GET', `/sync?${query.toString()}`);
    token = reply.next_batch;
    return find(reply);
  });
}

export async function syncToken(user: TestUser): Promise<string> {
  return (await call(user, 'GET', '/sync?timeout=0')).next_batch;
}
