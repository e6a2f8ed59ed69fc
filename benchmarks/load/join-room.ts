import type { BenchUser } from './bench-user.ts';
import { requestJson, textMember } from './request-json.ts';

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
