import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

const v3 = '/_matrix/client/v3';

let homeserver: TestHomeserver;
let alice: TestUser;
let bob: TestUser;
let room: string;
let transactions = 0;
before(async () => {
  homeserver = await startTestHomeserver();
  alice = await registerUser(homeserver.baseUrl, 'alice');
  bob = await registerUser(homeserver.baseUrl, 'bob');
  room = await makeRoom();
});
after(() => homeserver.stop());

/** A public room in which both are; its path. */
async function makeRoom(visibility = 'shared'): Promise<string> {
  const content = { history_visibility: visibility };
  const { room_id: roomId } = await alice.call('POST', `${v3}/createRoom`, {
    preset: 'public_chat',
    initial_state: [{ type: 'm.room.history_visibility', content }],
  });
  const path = `${v3}/rooms/${encodeURIComponent(roomId)}`;
  if (visibility !== 'joined') await bob.call('POST', `${path}/join`, {});
  return path;
}

async function send(client: TestUser, content: object, type = 'm.room.message', path = room): Promise<string> {
  return (await client.call('PUT', `${path}/send/${type}/transaction-${transactions++}`, content)).event_id;
}

const text = (body: string, relation?: object) => ({
  msgtype: 'm.text',
  body,
  ...(relation && { 'm.relates_to': relation }),
});
const thread = (root: string) => ({ rel_type: 'm.thread', event_id: root });
const edit = (eventId: string, body: string) => ({
  ...text(`* ${body}`, { rel_type: 'm.replace', event_id: eventId }),
  'm.new_content': text(body),
});
const redact = (client: TestUser, eventId: string) =>
  client.call('PUT', `${room}/redact/${encodeURIComponent(eventId)}/transaction-${transactions++}`, {});

function get(client: TestUser, rest: string, path = room): Promise<{ status: number; body: AnyJson }> {
  return client.send('GET', `${path.replace('/v3/', '/v1/')}${rest}`);
}
async function relations(eventId: string, rest = ''): Promise<AnyJson> {
  const { status, body } = await get(alice, `/relations/${encodeURIComponent(eventId)}${rest}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body;
}
const ids = ({ chunk }: AnyJson): string[] => chunk.map((event: AnyJson) => event.event_id);
const bundleOf = async (client: TestUser, eventId: string): Promise<AnyJson> =>
  (await client.call('GET', `${room}/event/${encodeURIComponent(eventId)}`)).unsigned['m.relations'];

test('events that relate to one are found by the kind of relation and their type', async () => {
  const root = await send(alice, text('root'));
  const reply = await send(bob, text('reply', thread(root)));
  const dummy = await send(alice, { 'm.relates_to': thread(root) }, 'm.dummy');
  const edited = await send(alice, edit(root, 'edited'));
  const gone = await send(alice, text('gone', thread(root)));
  await redact(alice, gone);
  assert.deepEqual(ids(await relations(root)), [edited, dummy, reply]);
  assert.deepEqual(ids(await relations(root, '/m.thread')), [dummy, reply]);
  assert.deepEqual(ids(await relations(root, '/m.thread/m.room.message')), [reply]);
  assert.deepEqual(ids(await relations(root, '/m.thread/m.unheard.of')), []);
  const far = await send(
    bob,
    { 'm.relates_to': { rel_type: 'm.annotation', event_id: reply, key: 'x' } },
    'm.reaction',
  );
  assert.deepEqual(ids(await relations(root, '?recurse=true')), [far, edited, dummy, reply]);
  assert.equal((await relations(root, '?recurse=true')).recursion_depth, 3);
});

test('pages in both directions give every related event once', async () => {
  const root = await send(alice, text('root'));
  const sent: string[] = [];
  for (let index = 0; index < 7; index++) sent.push(await send(alice, text(`m${index}`, thread(root))));
  for (const [direction, expected] of [
    ['b', sent.toReversed()],
    ['f', sent],
  ] as const) {
    const found: string[] = [];
    for (let from = ''; ; ) {
      const page = await relations(root, `?dir=${direction}&limit=3${from && `&from=${from}`}`);
      found.push(...ids(page));
      if (page.next_batch === undefined) break;
      from = page.next_batch;
    }
    assert.deepEqual(found, expected, direction);
  }
});

test('what the user may not read is neither told nor bundled', async () => {
  const path = await makeRoom('joined');
  const early = await send(alice, text('before'), undefined, path);
  await bob.call('POST', `${path}/join`, {});
  assert.equal((await get(bob, `/relations/${encodeURIComponent(early)}`, path)).status, 404);
  const root = await send(alice, text('root'), undefined, path);
  await bob.call('POST', `${path}/leave`, {});
  await send(alice, text('reply', thread(root)), undefined, path);
  assert.deepEqual((await get(bob, `/relations/${encodeURIComponent(root)}`, path)).body.chunk, []);
  assert.deepEqual((await get(bob, '/threads', path)).body.chunk, []);
  const event = await bob.call('GET', `${path}/event/${encodeURIComponent(root)}`);
  assert.equal(event.unsigned['m.relations'], undefined);
});

test('an edit of its sender is told with the event, one of somebody else or of a redacted event is not', async () => {
  const eventId = await send(alice, text('first'));
  await send(bob, edit(eventId, 'forged'));
  assert.equal(await bundleOf(bob, eventId), undefined);
  await send(alice, edit(eventId, 'second'));
  const last = await send(alice, edit(eventId, 'third'));
  const bundle = await bundleOf(bob, eventId);
  assert.equal(bundle['m.replace'].event_id, last);
  assert.equal(bundle['m.replace'].content['m.new_content'].body, 'third');
  await redact(alice, last);
  assert.equal((await bundleOf(bob, eventId))['m.replace'].content['m.new_content'].body, 'second');
  await redact(alice, eventId);
  assert.equal(await bundleOf(bob, eventId), undefined);
});

test('a thread is told with its root: how many wrote, the newest event, and whether the user took part', async () => {
  const root = await send(alice, text('root'));
  await send(bob, text('one', thread(root)));
  const latest = await send(bob, text('two', thread(root)));
  const edited = await send(bob, edit(latest, 'two again'));
  const pages = await alice.call('GET', `${room}/messages?dir=b&limit=4`);
  const shown = pages.chunk.find((event: AnyJson) => event.event_id === root).unsigned['m.relations']['m.thread'];
  assert.deepEqual([shown.count, shown.current_user_participated], [2, true]);
  assert.equal(shown.latest_event.event_id, latest);
  assert.equal(shown.latest_event.unsigned['m.relations']['m.replace'].event_id, edited);
  const carol = await registerUser(homeserver.baseUrl, 'carol');
  await carol.call('POST', `${room}/join`, {});
  assert.equal((await bundleOf(carol, root))['m.thread'].current_user_participated, false);
});

test('references are told with the event', async () => {
  const eventId = await send(alice, text('request'));
  const reference = await send(bob, text('done', { rel_type: 'm.reference', event_id: eventId }));
  const context = await alice.call('GET', `${room}/context/${encodeURIComponent(eventId)}?limit=1`);
  assert.deepEqual(context.event.unsigned['m.relations'], { 'm.reference': { chunk: [{ event_id: reference }] } });
});

test('threads are listed by their newest events, those of a user alone where it is asked for', async () => {
  room = await makeRoom();
  const roots = [await send(alice, text('a')), await send(alice, text('b')), await send(bob, text('c'))] as const;
  for (const root of roots) await send(bob, text('reply', thread(root)));
  await send(alice, text('again', thread(roots[0])));
  const listed = async (rest = '') => ids((await get(alice, `/threads${rest}`)).body);
  assert.deepEqual(await listed(), [roots[0], roots[2], roots[1]]);
  assert.deepEqual(await listed('?include=participated'), [roots[0], roots[1]]);
  const { body: first } = await get(alice, '/threads?limit=2');
  assert.deepEqual(ids(first), [roots[0], roots[2]]);
  assert.deepEqual(await listed(`?limit=2&from=${first.next_batch}`), [roots[1]]);
  assert.equal((await get(alice, '/threads?include=none')).status, 400);
});
