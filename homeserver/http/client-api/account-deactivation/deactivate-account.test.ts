import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';
import type { AnyJson } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let bob: TestClient;
before(async () => {
  homeserver = await startTestHomeserver();
  bob = await makeTestClient(homeserver, 'bob');
});
after(() => homeserver.stop());

/** A room of bob's in which a user said something and then closed the account. */
async function leaveBehind(username: string, erase: boolean): Promise<{ roomId: string; eventId: string }> {
  const user = await makeTestClient(homeserver, username);
  const { room_id: roomId } = await bob.call('POST', '/createRoom', { preset: 'public_chat' });
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  await user.call('POST', `${room}/join`, {});
  const content = { msgtype: 'm.text', body: 'my secret' };
  const { event_id: eventId } = await user.call('PUT', `${room}/send/m.room.message/1`, content);
  await user.call('POST', '/account/deactivate', {
    erase,
    auth: {
      type: 'm.login.password',
      identifier: { type: 'm.id.user', user: username },
      password: `password of ${username}`,
    },
  });
  return { roomId, eventId };
}

/** What every operation that shows events shows of one. */
async function lookAt(client: TestClient, roomId: string, eventId: string): Promise<AnyJson[]> {
  const room = `/rooms/${encodeURIComponent(roomId)}`;
  const isIt = (event: AnyJson) => event.event_id === eventId;
  const [event, context, messages, sync] = [
    await client.call('GET', `${room}/event/${encodeURIComponent(eventId)}`),
    await client.call('GET', `${room}/context/${encodeURIComponent(eventId)}`),
    await client.call('GET', `${room}/messages?dir=b&limit=50`),
    await client.call('GET', '/sync?filter={"room":{"timeline":{"limit":50}}}'),
  ];
  const shown = [event, context.event, messages.chunk.find(isIt), sync.rooms.join[roomId].timeline.events.find(isIt)];
  return shown.map(({ content }) => content);
}

test('what an erased user said is shown to those who were there, and to nobody who came later', async () => {
  const { roomId, eventId } = await leaveBehind('alice', true);
  const carol = await makeTestClient(homeserver, 'carol');
  await carol.call('POST', `/rooms/${encodeURIComponent(roomId)}/join`, {});
  assert.deepEqual(await lookAt(carol, roomId, eventId), [{}, {}, {}, {}]);
  const said = { msgtype: 'm.text', body: 'my secret' };
  assert.deepEqual(await lookAt(bob, roomId, eventId), [said, said, said, said]);
});

test('without the wish to be erased all stays as it is', async () => {
  const { roomId, eventId } = await leaveBehind('dave', false);
  const erin = await makeTestClient(homeserver, 'erin');
  await erin.call('POST', `/rooms/${encodeURIComponent(roomId)}/join`, {});
  for (const content of await lookAt(erin, roomId, eventId)) assert.equal(content.body, 'my secret');
});
