import type { AnyJson, TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import { call, readHistory, until } from '../../interop/call-and-wait.ts';
import { patienceMs } from './start-bridge-world.ts';

const encode = encodeURIComponent;

/** Joins the room that the user is invited to next, and gives it. */
export async function acceptInvitation(user: TestUser): Promise<string> {
  const roomId = await until(
    `${user.userId} is invited`,
    async () => {
      const reply = await call(user, 'GET', '/sync?timeout=0');
      return Object.keys(reply.rooms?.invite ?? {})[0];
    },
    patienceMs,
  );
  await call(user, 'POST', `/rooms/${encode(roomId)}/join`, {});
  return roomId;
}

/** Opens a direct chat with somebody, who joins by themselves. */
export async function openDirectChat(user: TestUser, withUserId: string): Promise<string> {
  const body = { is_direct: true, preset: 'trusted_private_chat', invite: [withUserId] };
  const { room_id: roomId } = await call(user, 'POST', '/createRoom', body);
  await until(
    `${withUserId} joins`,
    async () => {
      const { joined } = await call(user, 'GET', `/rooms/${encode(roomId)}/joined_members`);
      return withUserId in joined;
    },
    patienceMs,
  );
  return roomId;
}

/** The first message of somebody else whose body matches, waited for. */
export async function hear(user: TestUser, roomId: string, pattern: RegExp): Promise<AnyJson> {
  return until(
    `${user.userId} hears ${pattern.source}`,
    async () => {
      const events = await readHistory(user, roomId, 100);
      return events.find(
        ({ type, sender, content }) =>
          type === 'm.room.message' && sender !== user.userId && pattern.test(String(content.body)),
      );
    },
    patienceMs,
  );
}

/** How many messages have this body. */
export async function countSaid(user: TestUser, roomId: string, body: string): Promise<number> {
  const events = await readHistory(user, roomId, 100);
  return events.filter(({ content }) => content?.body === body).length;
}
