import type { TestUser } from './test-user.ts';

let transactions = 0;

/** What users do in rooms, through the client-server API. Rooms are public unless `body` says otherwise. */
export async function createTestRoom(user: TestUser, body: object = {}): Promise<string> {
  const reply = await user.call('POST', '/_matrix/client/v3/createRoom', { preset: 'public_chat', ...body });
  return reply.room_id;
}

/** Sends a text message and gives its event id. */
export async function say(user: TestUser, roomId: string, text: string, content: object = {}): Promise<string> {
  return await sendEvent(user, roomId, 'm.room.message', { msgtype: 'm.text', body: text, ...content });
}

export async function sendEvent(user: TestUser, roomId: string, type: string, content: object): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/${type}/test${transactions++}`;
  return (await user.call('PUT', path, content)).event_id;
}

export async function setState(
  user: TestUser,
  roomId: string,
  type: string,
  content: object,
  stateKey = '',
): Promise<string> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/state/${type}/${encodeURIComponent(stateKey)}`;
  return (await user.call('PUT', path, content)).event_id;
}

export async function joinRoom(user: TestUser, ...roomIds: string[]): Promise<void> {
  for (const roomId of roomIds) {
    await user.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/join`, {});
  }
}

/** invite, kick, ban, unban: what one user does to another's membership. */
export async function changeMember(
  user: TestUser,
  roomId: string,
  action: 'invite' | 'kick' | 'ban' | 'unban',
  target: TestUser,
): Promise<void> {
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${action}`;
  await user.call('POST', path, { user_id: target.userId });
}

export async function leaveRoom(user: TestUser, roomId: string): Promise<void> {
  await user.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/leave`, {});
}

/** Sends a read receipt. */
export async function readUpTo(
  user: TestUser,
  roomId: string,
  eventId: string,
  receipt: { readonly type?: string; readonly threadId?: string } = {},
): Promise<void> {
  const { type = 'm.read', threadId } = receipt;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/receipt/${type}/${encodeURIComponent(eventId)}`;
  await user.call('POST', path, threadId === undefined ? {} : { thread_id: threadId });
}
