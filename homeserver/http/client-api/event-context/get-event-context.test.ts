import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
let room: string;
const sent: string[] = [];
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
  const { room_id: roomId } = await alice.call('POST', '/createRoom', { preset: 'public_chat' });
  room = `/rooms/${encodeURIComponent(roomId)}`;
  await bob.call('POST', `${room}/join`, {});
  for (let index = 0; index < 9; index++) {
    const content = { msgtype: 'm.text', body: `m${index}` };
    const { event_id: eventId } = await alice.call('PUT', `${room}/send/m.room.message/${index}`, content);
    sent.push(eventId);
    if (index === 4) await alice.call('PUT', `${room}/state/m.room.topic`, { topic: 'Middle' });
  }
});
after(() => homeserver.stop());

const contextOf = (index: number, query = '') =>
  bob.call('GET', `${room}/context/${encodeURIComponent(sent[index] ?? '')}?${query}`);

const bodies = (events: { content: { body?: string } }[]) => events.map(({ content }) => content.body);

test('an event comes with what was before and after it, and tokens that lead on', async () => {
  const context = await contextOf(2, 'limit=4');
  assert.equal(context.event.event_id, sent[2]);
  assert.deepEqual(bodies(context.events_before), ['m1', 'm0']);
  assert.deepEqual(bodies(context.events_after), ['m3', 'm4']);
  const further = await bob.call('GET', `${room}/messages?dir=f&from=${context.end}&limit=2`);
  assert.deepEqual(bodies(further.chunk), [undefined, 'm5']);
  const earlier = await bob.call('GET', `${room}/messages?dir=b&from=${context.start}&limit=1`);
  assert.equal(earlier.chunk[0].state_key, bob.userId);
});

test('the state is that of the last event that is told', async () => {
  const topics = (context: { state: { type: string }[] }) =>
    context.state.filter(({ type }) => type === 'm.room.topic').length;
  assert.equal(topics(await contextOf(2, 'limit=2')), 0);
  assert.equal(topics(await contextOf(4, 'limit=2')), 1);
});

test('without a limit, the event stands alone; its filter concerns the others only', async () => {
  const alone = await contextOf(3, 'limit=0');
  assert.deepEqual([alone.event.event_id, alone.events_before, alone.events_after], [sent[3], [], []]);
  const filter = encodeURIComponent(JSON.stringify({ types: ['m.room.topic'] }));
  const filtered = await contextOf(3, `filter=${filter}`);
  assert.equal(filtered.event.event_id, sent[3]);
  assert.deepEqual(
    filtered.events_after.map((event: { type: string }) => event.type),
    ['m.room.topic'],
  );
  const lazy = encodeURIComponent(JSON.stringify({ lazy_load_members: true }));
  const members = (await contextOf(5, `limit=2&filter=${lazy}`)).state.filter(
    (event: { type: string }) => event.type === 'm.room.member',
  );
  assert.deepEqual(
    members.map((event: { state_key: string }) => event.state_key),
    [alice.userId],
  );
});

test('an event that may not be read is not found, alone or in context', async () => {
  const carol = await makeTestClient(homeserver, 'carol');
  const id = encodeURIComponent(sent[0] ?? '');
  for (const path of [`${room}/event/${id}`, `${room}/context/${id}`]) {
    assert.equal((await carol.request('GET', path)).body.errcode, 'M_NOT_FOUND');
    assert.equal((await bob.request('GET', path)).status, 200);
  }
  assert.equal((await bob.request('GET', `${room}/event/$none`)).body.errcode, 'M_NOT_FOUND');
  const { room_id: other } = await bob.call('POST', '/createRoom', {});
  assert.equal((await bob.request('GET', `/rooms/${encodeURIComponent(other)}/event/${id}`)).status, 404);
});

test('who left reads what there was, and not what came later', async () => {
  const dave = await makeTestClient(homeserver, 'dave');
  await dave.call('POST', `${room}/join`, {});
  await dave.call('POST', `${room}/leave`, {});
  const { event_id: later } = await alice.call('PUT', `${room}/send/m.room.message/later`, { body: 'later' });
  await alice.call('PUT', `${room}/state/m.room.name`, { name: 'Later' });
  assert.equal((await dave.request('GET', `${room}/event/${encodeURIComponent(sent[0] ?? '')}`)).status, 200);
  assert.equal((await dave.request('GET', `${room}/event/${encodeURIComponent(later)}`)).status, 404);
  assert.equal((await dave.request('GET', `${room}/state/m.room.name`)).body.errcode, 'M_NOT_FOUND');
  const state = await dave.call('GET', `${room}/state`);
  const own = state.find((event: { state_key: string }) => event.state_key === dave.userId);
  assert.equal(own.content.membership, 'leave');
  assert.equal((await dave.request('GET', `${room}/joined_members`)).body.errcode, 'M_FORBIDDEN');
});

test('members are told as they were at a token, and chosen by membership', async () => {
  const page = await alice.call('GET', `${room}/messages?dir=f&limit=2`);
  const members = async (query: string) =>
    (await alice.call('GET', `${room}/members?${query}`)).chunk
      .map((event: { state_key: string }) => event.state_key.split(':')[0])
      .sort();
  assert.deepEqual(await members(`at=${page.end}`), ['@alice']);
  assert.deepEqual(await members('membership=join'), ['@alice', '@bob']);
  assert.deepEqual(await members('not_membership=join'), ['@dave']);
  assert.deepEqual(await members('membership=join&not_membership=leave'), ['@alice', '@bob']);
  assert.deepEqual(await members(''), ['@alice', '@bob', '@dave']);
  assert.equal((await alice.request('GET', `${room}/members?at=x`)).body.errcode, 'M_INVALID_PARAM');
  assert.equal((await alice.request('GET', `${room}/members?membership=x`)).body.errcode, 'M_INVALID_PARAM');
});
