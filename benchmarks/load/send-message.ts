import type { BenchUser } from './bench-user.ts';
import { requestJson, textMember, UnexpectedReply } from './request-json.ts';

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
