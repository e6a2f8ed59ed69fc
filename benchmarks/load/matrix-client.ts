import { type HttpConnection, type HttpReply, openHttpConnection } from './http-connection.ts';

/** A user of the measured server: who it is, and a connection of its own. */
export interface BenchUser {
  readonly userId: string;
  readonly token: string;
  readonly connection: HttpConnection;
}

/** A reply that is not 200, as an error that names the request. */
export class UnexpectedReply extends Error {
  readonly status: number;

  constructor(method: string, path: string, reply: HttpReply) {
    super(`${method} ${path} was answered ${reply.status}: ${reply.body.toString('utf8', 0, 300)}`);
    this.name = 'UnexpectedReply';
    this.status = reply.status;
  }
}

/** Sends JSON and reads JSON. Throws UnexpectedReply for anything but 200. */
export async function requestJson(
  connection: HttpConnection,
  method: string,
  path: string,
  options: { token?: string; body?: unknown } = {},
): Promise<Record<string, unknown>> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const reply = await connection.request(method, path, { token: options.token, body });
  if (reply.status !== 200) throw new UnexpectedReply(method, path, reply);
  return JSON.parse(reply.body.toString('utf8'));
}

/** A member of a JSON reply that must be text. */
export function textMember(reply: Record<string, unknown>, name: string): string {
  const value = reply[name];
  if (typeof value !== 'string') throw new Error(`the reply has no ${name}: ${JSON.stringify(reply).slice(0, 300)}`);
  return value;
}

/** https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3createroom */
export async function createRoom(user: BenchUser, options: Record<string, unknown> = {}): Promise<string> {
  const body = { preset: 'public_chat', ...options };
  const reply = await requestJson(user.connection, 'POST', '/_matrix/client/v3/createRoom', {
    token: user.token,
    body,
  });
  return textMember(reply, 'room_id');
}

/** https://spec.matrix.org/v1.19/client-server-api/#post_matrixclientv3roomsroomidjoin */
export async function joinRoom(user: BenchUser, roomId: string): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/join`;
  await requestJson(user.connection, 'POST', path, { token: user.token, body: {} });
}

const eventIdMark = '"event_id":"';
let sentCount = 0;
const runMark = `${process.pid.toString(36)}${Date.now().toString(36)}`;

/**
 * Sends one m.room.message and returns its event id, read off the reply's text without parsing it.
 * https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidsendeventtypetxnid
 */
export async function sendMessage(user: BenchUser, roomId: string, text: string): Promise<string> {
  sentCount += 1;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${runMark}.${sentCount}`;
  const body = `{"msgtype":"m.text","body":${JSON.stringify(text)}}`;
  const reply = await user.connection.request('PUT', path, { token: user.token, body });
  if (reply.status !== 200) throw new UnexpectedReply('PUT', path, reply);
  const json = reply.body.toString('latin1', 0, reply.body.length);
  const start = json.indexOf(eventIdMark);
  if (start < 0) return textMember(JSON.parse(json), 'event_id');
  return json.slice(start + eventIdMark.length, json.indexOf('"', start + eventIdMark.length));
}

/** https://spec.matrix.org/v1.19/client-server-api/#put_matrixclientv3roomsroomidstateeventtypestatekey */
export async function sendState(
  user: BenchUser,
  roomId: string,
  type: string,
  content: Record<string, unknown>,
): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/${encodeURIComponent(type)}/`;
  const reply = await requestJson(user.connection, 'PUT', path, { token: user.token, body: content });
  return textMember(reply, 'event_id');
}

/** User ids of a room's joined members. */
export async function readJoinedMembers(user: BenchUser, roomId: string): Promise<string[]> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/joined_members`;
  const reply = await requestJson(user.connection, 'GET', path, { token: user.token });
  return Object.keys((reply.joined ?? {}) as Record<string, unknown>);
}

/** The newest `count` event ids of a room by paging /messages backwards, newest first. */
export async function readNewestEventIds(user: BenchUser, roomId: string, count: number): Promise<string[]> {
  const eventIds: string[] = [];
  let from: string | undefined;
  do {
    const query = new URLSearchParams({ dir: 'b', limit: String(Math.min(500, count - eventIds.length)) });
    if (from !== undefined) query.set('from', from);
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query}`;
    const reply = await requestJson(user.connection, 'GET', path, { token: user.token });
    for (const event of reply.chunk as { event_id: string }[]) eventIds.push(event.event_id);
    from = reply.end as string | undefined;
  } while (from !== undefined && eventIds.length < count);
  return eventIds;
}

/** A user's second connection, for a /sync that waits while the first sends. */
export function openSecondConnection(user: BenchUser, baseUrl: string): BenchUser {
  return { ...user, connection: openHttpConnection(baseUrl) };
}
