import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { receiveEvents } from '../../../rooms/receive-events.ts';
import { FakeRoom, joinFakeRoom } from '../../../testing/fake-room.ts';
import { joinRoom, say } from '../../../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let one: FederatedHomeserver;
let alice: TestUser;
let fake: FakeServer;
let other: FakeServer;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  one = federation.homeservers[0] as FederatedHomeserver;
  alice = await registerUser(one.baseUrl, 'alice');
  [fake, other] = (await Promise.all(
    ['fake.test', 'other.test'].map((name) => startFakeServer(federation.network, name)),
  )) as [FakeServer, FakeServer];
});
after(async () => {
  await Promise.all([fake.stop(), other.stop()]);
  await federation.stop();
});

const path = (operation: string, room: FakeRoom, rest = '') =>
  `/_matrix/federation/v1/${operation}/${encodeURIComponent(room.roomId)}${rest}`;

async function ask(server: FakeServer, uri: string, body?: AnyJson): Promise<AnyJson> {
  const reply = await server.send(one.baseUrl, 'one.test', body ? 'POST' : 'GET', uri, body);
  assert.equal(reply.status, 200, `${uri}: ${JSON.stringify(reply.body)}`);
  return reply.body;
}

const refusal = async (server: FakeServer, uri: string) => {
  const { status, body } = await server.send(one.baseUrl, 'one.test', 'GET', uri);
  return [status, body.errcode];
};

/** A room that the homeserver knows from its beginning on: its history has been asked for. */
async function knownRoom(localpart: string, visibility: string, build: (room: FakeRoom) => void): Promise<FakeRoom> {
  const room = new FakeRoom(fake, localpart, visibility);
  build(room);
  await joinFakeRoom(one, room, alice);
  const messages = `/_matrix/client/v3/rooms/${encodeURIComponent(room.roomId)}/messages?dir=b&limit=1000`;
  await alice.call('GET', messages);
  return room;
}

/** A user of the other server joins; the homeserver hears of it. */
async function joinOther(room: FakeRoom): Promise<string> {
  const sender = '@o:other.test';
  const signer = { name: 'other.test', key: other.key };
  const event = room.add({ type: 'm.room.member', stateKey: sender, sender, content: { membership: 'join' }, signer });
  await receive(room, event.eventId);
  return event.eventId;
}

async function receive(room: FakeRoom, eventId: string): Promise<void> {
  const { pduJson } = room.find(eventId);
  const [outcome] = await receiveEvents(one.context, {
    ...{ roomId: room.roomId, origin: 'fake.test' },
    events: [{ eventId, pduJson }],
  });
  assert.equal(outcome?.outcome, 'accepted', outcome?.reason ?? '');
}

const sorted = (ids: readonly string[]) => [...ids].sort();

test('history is told as it is, event by event, and the state before each event', async () => {
  const room = await knownRoom('served', 'shared', (made) => {
    made.add({ type: 'm.room.name', stateKey: '', content: { name: 'first' } });
    made.say('early');
    made.add({ type: 'm.room.name', stateKey: '', content: { name: 'second' } });
    made.say('late');
  });
  const newest = room.newest.eventId;
  const { origin, pdus } = await ask(fake, path('backfill', room, `?v=${encodeURIComponent(newest)}&limit=100`));
  assert.equal(origin, 'one.test');
  assert.deepEqual(pdus, room.events.map(({ pdu }) => pdu).toReversed());
  for (const { eventId, pdu } of room.events.slice(1)) {
    const query = `?event_id=${encodeURIComponent(eventId)}`;
    const state = room.stateBefore(eventId);
    const expected = { pdus: state, chain: room.authChain(state) };
    const told = await ask(fake, path('state_ids', room, query));
    assert.deepEqual(sorted(told.pdu_ids), sorted(expected.pdus.map((event) => event.eventId)), pdu.type);
    assert.deepEqual(sorted(told.auth_chain_ids), sorted(expected.chain.map((event) => event.eventId)), pdu.type);
  }
  const query = `?event_id=${encodeURIComponent(newest)}`;
  const whole = await ask(fake, path('state', room, query));
  const signatures = (events: AnyJson[]) => sorted(events.map((event) => JSON.stringify(event.signatures)));
  assert.deepEqual(signatures(whole.pdus), signatures(room.stateBefore(newest).map(({ pdu }) => pdu)));
  const auth = await ask(fake, path('event_auth', room, `/${encodeURIComponent(newest)}`));
  assert.deepEqual(signatures(auth.auth_chain), signatures(room.authChain([room.newest]).map(({ pdu }) => pdu)));
  const single = await ask(fake, `/_matrix/federation/v1/event/${encodeURIComponent(newest)}`);
  assert.deepEqual(single.pdus, [room.newest.pdu]);
});

test('the state at events of branches is that of their branch', async () => {
  const room = await knownRoom('branches', 'shared', (made) => {
    const root = made.add({ type: 'm.room.name', stateKey: '', content: { name: 'root' } }).eventId;
    const left = made.add({ type: 'm.room.topic', stateKey: '', content: { topic: 'left' }, prevs: [root] }).eventId;
    const leftEnd = made.say('left', { prevs: [left] }).eventId;
    const right = made.say('right', { prevs: [root] }).eventId;
    const renamed = { type: 'm.room.name', stateKey: '', content: { name: 'right' } };
    const name = made.add({ ...renamed, prevs: [right] }).eventId;
    const again = made.add({ ...renamed, content: { name: 'right again' }, prevs: [name] }).eventId;
    const message = made.say('right, renamed', { prevs: [again] }).eventId;
    made.say('merge', { prevs: [leftEnd, message] });
  });
  for (const { eventId, pdu } of room.events.slice(1, -2)) {
    const told = await ask(fake, path('state_ids', room, `?event_id=${encodeURIComponent(eventId)}`));
    const state = room.stateBefore(eventId).map((event) => event.eventId);
    assert.deepEqual(sorted(told.pdu_ids), sorted(state), JSON.stringify(pdu.content));
  }
});

test('missing events are told oldest first, between what is known and what is not', async () => {
  const room = await knownRoom('gaps', 'shared', (made) => {
    for (let index = 0; index < 30; index++) made.say(`message ${index}`);
  });
  const [from, to] = [room.events[10], room.events[20]];
  const body = { earliest_events: [from?.eventId], latest_events: [to?.eventId], limit: 50, min_depth: 0 };
  const { events } = await ask(fake, path('get_missing_events', room), body);
  assert.deepEqual(
    events,
    room.events.slice(11, 20).map(({ pdu }) => pdu),
  );
  const few = await ask(fake, path('get_missing_events', room), { ...body, limit: 3 });
  assert.deepEqual(
    few.events,
    room.events.slice(17, 20).map(({ pdu }) => pdu),
  );
  const shallow = await ask(fake, path('get_missing_events', room), { ...body, min_depth: to?.pdu.depth });
  assert.deepEqual(shallow.events, []);
});

test('a server gets what was said before it came only where its users could read it', async () => {
  for (const [visibility, isReadable] of [
    ['shared', true],
    ['world_readable', true],
    ['joined', false],
    ['invited', false],
  ] as const) {
    let secret = '';
    const room = await knownRoom(`seen-${visibility}`, visibility, (made) => {
      secret = made.say('secret').eventId;
    });
    // It learns of what was before alice came by its own join only: history of that visibility is not filled in.
    const said = room.say('said here').eventId;
    await receive(room, said);
    const joined = await joinOther(room);
    const after = room.say('after').eventId;
    await receive(room, after);
    const { pdus } = await ask(other, path('backfill', room, `?v=${encodeURIComponent(after)}&limit=3`));
    const bodies = pdus.map((event: AnyJson) => event.content.body);
    assert.deepEqual(bodies, ['after', undefined, isReadable ? 'said here' : undefined], visibility);
    const before = await ask(other, `/_matrix/federation/v1/event/${encodeURIComponent(said)}`);
    assert.equal(before.pdus[0].content.body, isReadable ? 'said here' : undefined, visibility);
    assert.ok(secret !== joined);
  }
});

test('servers that were never in the room, or that its ACL shuts out, are told nothing', async () => {
  const room = await knownRoom('closed', 'shared', () => {});
  const [eventId] = [room.newest.eventId];
  const uris = [
    path('backfill', room, `?v=${encodeURIComponent(eventId)}&limit=5`),
    path('state_ids', room, `?event_id=${encodeURIComponent(eventId)}`),
    path('state', room, `?event_id=${encodeURIComponent(eventId)}`),
    path('event_auth', room, `/${encodeURIComponent(eventId)}`),
    path('timestamp_to_event', room, '?ts=0&dir=f'),
    `/_matrix/federation/v1/event/${encodeURIComponent(eventId)}`,
  ];
  for (const uri of uris) assert.deepEqual(await refusal(other, uri), [403, 'M_FORBIDDEN'], uri);
  const acl = room.add({ type: 'm.room.server_acl', stateKey: '', content: { allow: ['*'], deny: ['fake.test'] } });
  await receive(room, acl.eventId);
  for (const uri of uris) assert.deepEqual(await refusal(fake, uri), [403, 'M_FORBIDDEN'], uri);
  const unknown = `/_matrix/federation/v1/event/${encodeURIComponent('$unknown')}`;
  assert.deepEqual(await refusal(fake, unknown), [404, 'M_NOT_FOUND']);
});

test('a server is told which event is closest to a time', async () => {
  const room = await knownRoom('timed', 'shared', (made) => {
    made.say('in 2001', { originServerTs: 1_000_000_000_000 });
  });
  const found = await ask(fake, path('timestamp_to_event', room, '?ts=1000000000001&dir=b'));
  assert.deepEqual(found.origin_server_ts, 1_000_000_000_000);
  assert.deepEqual(await refusal(fake, path('timestamp_to_event', room, '?ts=1&dir=b')), [404, 'M_NOT_FOUND']);
});

test('what an erased user said goes whole to servers that were there, and without its content to those that came later', async () => {
  const zoe = await registerUser(one.baseUrl, 'zoe');
  const room = await knownRoom('erased', 'shared', () => {});
  await joinRoom(zoe, room.roomId);
  const said = await say(zoe, room.roomId, 'my secret');
  await zoe.call('POST', '/_matrix/client/v3/account/deactivate', {
    erase: true,
    auth: { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'zoe' }, password: zoe.password },
  });
  await joinOther(room);
  const bodyFor = async (server: FakeServer) => {
    const { pdus } = await ask(server, `/_matrix/federation/v1/event/${encodeURIComponent(said)}`);
    return pdus[0].content.body;
  };
  assert.deepEqual([await bodyFor(fake), await bodyFor(other)], ['my secret', undefined]);
});
