import assert from 'node:assert/strict';
import { loginUser, request, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';

/** Gives a server named localhost something to look at; anna is its administrator. */
export async function fillConsole(url: string, password: string): Promise<{ roomId: string; anna: TestUser }> {
  const anna = await loginUser({ baseUrl: url, userId: '@anna:localhost', password } as TestUser);
  for (const username of ['ben', 'carl', 'dora']) {
    await anna.call('POST', '/_holdfast/v1/admin/users', { username, password });
  }
  const ben = await loginUser({ baseUrl: url, userId: '@ben:localhost', password } as TestUser, 'BENSPHONE');
  const rooms: string[] = [];
  for (const [name, topic] of [
    ['Garden', 'What grows, and when'],
    ['Choir', 'Tuesdays at seven'],
    ['Neighbours', 'Ladders, keys and cats'],
  ]) {
    const body = { name, topic, preset: 'public_chat', room_alias_name: name?.toLowerCase(), visibility: 'public' };
    rooms.push((await anna.call('POST', '/_matrix/client/v3/createRoom', body)).room_id);
  }
  const [roomId = ''] = rooms;
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  await ben.call('POST', `${path}/join`, {});
  let eventId = '';
  for (let index = 0; index < 12; index++) {
    const event = { msgtype: 'm.text', body: `The beans are ${index} cm high` };
    eventId = (await ben.call('PUT', `${path}/send/m.room.message/${index}`, event)).event_id;
  }
  const reason = '<img src=x onerror=alert(1)>';
  await anna.call('POST', `${path}/report/${encodeURIComponent(eventId)}`, { reason });
  const upload = await request(url, 'POST', '/_matrix/media/v3/upload?filename=beans.txt', {
    ...{ token: ben.accessToken, body: 'beans '.repeat(2_000) },
  });
  assert.equal(upload.status, 200);
  await anna.call('POST', '/_synapse/admin/v1/registration_tokens/new', { uses_allowed: 3 });
  await anna.call('PUT', '/_matrix/client/v1/admin/suspend/@carl:localhost', { suspended: true });
  return { roomId, anna };
}
