import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { makeTestClient, type TestClient } from '../../../testing/test-client.ts';

let homeserver: TestHomeserver;
let alice: TestClient;
let bob: TestClient;
let room: string;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await makeTestClient(homeserver, 'alice');
  bob = await makeTestClient(homeserver, 'bob');
  room = await makeRoom({ preset: 'public_chat' });
  await bob.call('POST', `${room}/join`, {});
  for (let index = 0; index < 25; index++) await say(index % 5 === 0 ? bob : alice, room, `m${index}`);
});
after(() => homeserver.stop());

async function makeRoom(body: object): Promise<string> {
  return `/rooms/${encodeURIComponent((await alice.call('POST', '/createRoom', body)).room_id)}`;
}

async function say(client: TestClient, path: string, body: string, more: object = {}): Promise<string> {
  const content = { msgtype: 'm.text', body, ...more };
  return (await client.call('PUT', `${path}/send/m.room.message/${body}`, content)).event_id;
}

interface Page {
  chunk: { event_id: string; type: string; sender: string; content: { body?: string }; unsigned: object }[];
  state?: { state_key: string }[];
  start: string;
  end?: string;
}

function messages(query: Record<string, string | number>, client = alice, path = room): Promise<Page> {
  return client.call('GET', `${path}/messages?${new URLSearchParams(query as Record<string, string>).toString()}`);
}

const bodies = ({ chunk }: Page) => chunk.flatMap(({ content }) => content.body ?? []);

async function readAll(query: Record<string, string | number>, client = alice, path = room): Promise<Page[]> {
  const pages: Page[] = [];
  let from: string | undefined;
  do {
    const page = await messages({ ...query, ...(from !== undefined && { from }) }, client, path);
    if (from !== undefined) assert.equal(page.start, from);
    pages.push(page);
    from = page.end;
  } while (from !== undefined);
  return pages;
}

test('pages in either direction give every event once, in order', async () => {
  const backwards = (await readAll({ dir: 'b', limit: 4 })).flatMap(({ chunk }) => chunk);
  const forwards = (await readAll({ dir: 'f', limit: 7 })).flatMap(({ chunk }) => chunk);
  const ids = (events: Page['chunk']) => events.map((event) => event.event_id);
  assert.deepEqual(ids(backwards), ids(forwards).toReversed());
  assert.equal(new Set(ids(forwards)).size, forwards.length);
  assert.equal(forwards[0]?.type, 'm.room.create');
  assert.equal(backwards[0]?.content.body, 'm24');
});

test('reading turns round at a token without leaving out or repeating an event', async () => {
  const back = await messages({ dir: 'b', limit: 3 });
  const forth = await messages({ dir: 'f', from: back.end ?? '', limit: 10 });
  assert.deepEqual(bodies(forth), bodies(back).toReversed());
  const again = await messages({ dir: 'b', from: back.end ?? '', limit: 2 });
  assert.deepEqual(bodies(again), ['m21', 'm20']);
});

test('reading ends at `to`', async () => {
  const back = await messages({ dir: 'b', limit: 5 });
  const until = await messages({ dir: 'b', to: back.end ?? '', limit: 100 });
  assert.deepEqual(bodies(until), bodies(back));
  assert.equal(until.end, undefined);
});

test('ten events are given where the request does not say how many', async () => {
  assert.equal((await messages({ dir: 'b' })).chunk.length, 10);
  assert.equal((await messages({ dir: 'b', filter: '{"limit":3}' })).chunk.length, 3);
});

test('a filter leaves out what does not pass, and the pages still reach the end', async () => {
  const bySender = await readAll({ dir: 'b', limit: 2, filter: JSON.stringify({ senders: [bob.userId] }) });
  assert.deepEqual(
    bySender.flatMap((page) => bodies(page)),
    ['m20', 'm15', 'm10', 'm5', 'm0'],
  );
  const byType = await readAll({ dir: 'f', filter: JSON.stringify({ types: ['m.room.c*'] }) });
  assert.deepEqual(
    byType.flatMap(({ chunk }) => chunk.map(({ type }) => type)),
    ['m.room.create'],
  );
  const none = await messages({ dir: 'b', filter: JSON.stringify({ not_rooms: [decodeURIComponent(room.slice(7))] }) });
  assert.deepEqual([none.chunk, none.end], [[], undefined]);
  await say(alice, room, 'picture', { url: 'mxc://test.example/x' });
  assert.deepEqual(bodies(await messages({ dir: 'b', filter: '{"contains_url":true}' })), ['picture']);
});

test('with lazy-loaded members, those who sent something on the page are told', async () => {
  const filter = '{"lazy_load_members":true,"types":["m.room.message"]}';
  const both = await messages({ dir: 'b', limit: 10, filter });
  assert.deepEqual(both.state?.map((event) => event.state_key).sort(), [alice.userId, bob.userId]);
  const one = await messages({ dir: 'b', limit: 2, filter });
  assert.deepEqual(
    one.state?.map((event) => event.state_key),
    [alice.userId],
  );
  assert.equal((await messages({ dir: 'b' })).state, undefined);
});

test('the transaction id is told to the device that sent the event, and to no other', async () => {
  const eventId = await say(alice, room, 'mine');
  const find = async (client: TestClient) =>
    (await messages({ dir: 'b', limit: 1 }, client)).chunk.find((event) => event.event_id === eventId)?.unsigned;
  assert.equal(((await find(alice)) as { transaction_id?: string }).transaction_id, 'mine');
  assert.equal('transaction_id' in ((await find(bob)) ?? {}), false);
});

test('who was not there before reads only what the history visibility gives', async () => {
  for (const [visibility, expected] of [
    ['world_readable', ['one', 'two', 'three']],
    ['shared', ['one', 'two', 'three']],
    ['invited', ['two', 'three']],
    ['joined', ['three']],
  ] as const) {
    const content = { history_visibility: visibility };
    const path = await makeRoom({ initial_state: [{ type: 'm.room.history_visibility', content }] });
    await say(alice, path, 'one');
    await alice.call('POST', `${path}/invite`, { user_id: bob.userId });
    await say(alice, path, 'two');
    await bob.call('POST', `${path}/join`, {});
    await say(alice, path, 'three');
    await bob.call('POST', `${path}/leave`, {});
    await say(alice, path, 'four');
    const read = (await readAll({ dir: 'f', limit: 2 }, bob, path)).flatMap(bodies);
    assert.deepEqual(read, visibility === 'world_readable' ? [...expected, 'four'] : expected, visibility);
    const back = (await readAll({ dir: 'b', limit: 2 }, bob, path)).flatMap(bodies);
    assert.deepEqual(back, read.toReversed(), visibility);
  }
});

test('strangers read a world-readable room, and no other', async () => {
  const content = { history_visibility: 'world_readable' };
  const open = await makeRoom({ initial_state: [{ type: 'm.room.history_visibility', content }] });
  await say(alice, open, 'hello');
  const page = await messages({ dir: 'b', limit: 1 }, bob, open);
  assert.deepEqual(bodies(page), ['hello']);
  assert.deepEqual(page.chunk[0]?.unsigned && 'membership' in page.chunk[0].unsigned, true);
  const closed = await makeRoom({});
  assert.equal((await bob.request('GET', `${closed}/messages?dir=b`)).body.errcode, 'M_FORBIDDEN');
});

test('who comes and goes many times reads what was said while being there', async () => {
  const content = { history_visibility: 'joined' };
  const path = await makeRoom({
    preset: 'public_chat',
    initial_state: [{ type: 'm.room.history_visibility', content }],
  });
  const expected: string[] = [];
  for (let visit = 0; visit < 12; visit++) {
    await bob.call('POST', `${path}/join`, {});
    expected.push(`in${visit}`);
    await say(alice, path, `in${visit}`);
    await bob.call('POST', `${path}/leave`, {});
    await say(alice, path, `out${visit}`);
  }
  assert.deepEqual((await readAll({ dir: 'f', limit: 5 }, bob, path)).flatMap(bodies), expected);
  assert.deepEqual((await readAll({ dir: 'b', limit: 5 }, bob, path)).flatMap(bodies), expected.toReversed());
});

test('tokens and filters that are none are refused', async () => {
  const refusals: [string, string][] = [
    ['?dir=x', 'M_INVALID_PARAM'],
    ['?dir=b&from=nonsense', 'M_INVALID_PARAM'],
    ['?dir=b&to=t1_5_1', 'M_INVALID_PARAM'],
    ['?dir=b&limit=x', 'M_INVALID_PARAM'],
    ['?dir=b&filter=x', 'M_NOT_JSON'],
    ['?dir=b&filter={"limit":"x"}', 'M_BAD_JSON'],
  ];
  for (const [query, errcode] of refusals) {
    assert.equal((await alice.request('GET', `${room}/messages${query}`)).body.errcode, errcode, query);
  }
});

test('many who send at once are all heard, in one order for everybody', async () => {
  const path = await makeRoom({ preset: 'public_chat' });
  await bob.call('POST', `${path}/join`, {});
  const sent = await Promise.all(
    Array.from({ length: 40 }, (_, index) => say(index % 2 ? alice : bob, path, `c${index}`)),
  );
  const [hers, his] = await Promise.all([alice, bob].map((client) => readAll({ dir: 'f', limit: 9 }, client, path)));
  const ids = (pages: Page[] | undefined) =>
    (pages ?? []).flatMap(({ chunk }) => chunk.filter(({ type }) => type === 'm.room.message').map((e) => e.event_id));
  assert.deepEqual(ids(hers), ids(his));
  assert.deepEqual(ids(hers).toSorted(), sent.toSorted());
});
