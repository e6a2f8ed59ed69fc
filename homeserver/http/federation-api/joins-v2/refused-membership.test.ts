import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BuiltEvent } from '@holdfast/protocol/events/build-event.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { makeFakeEvent } from '../../../testing/fake-events.ts';
import { joinFakeMember } from '../../../testing/join-fake-member.ts';
import { type FakeServer, startFakeServer } from '../../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../../../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../../../testing/test-user.ts';

let federation: FederatedHomeservers;
let home: FederatedHomeserver;
let fake: FakeServer;
let alice: TestUser;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  home = federation.homeservers[0] as FederatedHomeserver;
  fake = await startFakeServer(federation.network, 'fake.test');
  alice = await registerUser(home.baseUrl, 'alice');
});
after(async () => {
  await federation.stop();
  await fake.stop();
});

const client = '/_matrix/client/v3';
const userId = '@user:fake.test';
const inRoom = (roomId: string, rest: string) => `${client}/rooms/${encodeURIComponent(roomId)}${rest}`;

async function createRoom(version: string, joinRules: object = { join_rule: 'public' }): Promise<string> {
  const initialState = [{ type: 'm.room.join_rules', content: joinRules }];
  const body = { room_version: version, initial_state: initialState, name: 'Nobody else is told of it' };
  return (await alice.call('POST', `${client}/createRoom`, body)).room_id;
}

function ask(method: string, path: string, body?: AnyJson) {
  return fake.send(home.baseUrl, 'one.test', method, `/_matrix/federation/${path}`, body);
}

/** The event that a template asks for. */
async function make(
  membership: 'join' | 'knock' | 'leave',
  roomId: string,
  version: string,
  event: { readonly eventId?: string } = {},
): Promise<BuiltEvent> {
  const ver = membership === 'leave' ? '' : `?ver=${version}`;
  const path = `v1/make_${membership}/${encodeURIComponent(roomId)}/${encodeURIComponent(userId)}${ver}`;
  const { status, body } = await ask('GET', path);
  assert.equal(status, 200, JSON.stringify(body));
  const { type, content, depth, prev_events: prevEvents, auth_events: authEvents } = body.event;
  return makeFakeEvent(fake, roomVersionRules(version) as RoomVersionRules, {
    ...{ roomId, type, content, depth, prevEvents, authEvents, sender: userId, stateKey: userId },
    ...event,
  });
}

async function sendTwice(operation: string, roomId: string, { eventId, pdu }: BuiltEvent): Promise<AnyJson[]> {
  const path = `${operation}/${encodeURIComponent(roomId)}/${encodeURIComponent(eventId)}`;
  const replies: AnyJson[] = [];
  for (let count = 0; count < 2; count++) {
    const { status, body } = await ask('PUT', path, pdu);
    replies.push({ status, ...(status === 200 ? { body } : { errcode: body.errcode }) });
  }
  return replies;
}

async function ban(roomId: string): Promise<string> {
  await alice.call('POST', inRoom(roomId, '/ban'), { user_id: userId });
  const { chunk } = await alice.call('GET', inRoom(roomId, '/messages?dir=b&limit=1'));
  return chunk[0].event_id;
}

const forbidden = { status: 403, errcode: 'M_FORBIDDEN' };
const operations = [
  { membership: 'join', operation: 'v1/send_join' },
  { membership: 'join', operation: 'v2/send_join' },
  { membership: 'knock', operation: 'v1/send_knock' },
  { membership: 'leave', operation: 'v1/send_leave' },
  { membership: 'leave', operation: 'v2/send_leave' },
] as const;

for (const { membership, operation } of operations) {
  for (const verdict of ['rejected', 'soft-failed']) {
    test(`${operation} of an event that was ${verdict} is refused as often as it is sent`, async () => {
      const roomId = await createRoom('11', { join_rule: membership === 'knock' ? 'knock' : 'public' });
      if (membership === 'leave') await joinFakeMember(home.context, fake, roomId);
      const made = await make(membership, roomId, '11');
      const banId = await ban(roomId);
      const { type, content, depth, auth_events: authEvents } = made.pdu;
      const afterTheBan = () =>
        makeFakeEvent(fake, roomVersionRules('11') as RoomVersionRules, {
          ...{ roomId, type, content, depth: depth + 1, authEvents, sender: userId, stateKey: userId },
          prevEvents: [banId],
        });
      const event = verdict === 'rejected' ? afterTheBan() : made;
      assert.deepEqual(await sendTwice(operation, roomId, event), [forbidden, forbidden]);
      const member = await alice.call('GET', inRoom(roomId, `/state/m.room.member/${userId}`));
      assert.equal(member.membership, 'ban');
    });
  }
}

test('a refused join says nothing of the room also after the rules of the room have changed', async () => {
  const roomId = await createRoom('11');
  const join = await make('join', roomId, '11');
  await ban(roomId);
  await alice.call('PUT', inRoom(roomId, '/state/m.room.join_rules'), { join_rule: 'invite' });
  assert.deepEqual(await sendTwice('v2/send_join', roomId, join), [forbidden, forbidden]);
});

test('a join on a condition that is not met any more is refused as often as it is sent', async () => {
  const club = await createRoom('11');
  const allow = [{ type: 'm.room_membership', room_id: club }];
  const roomId = await createRoom('11', { join_rule: 'restricted', allow });
  await joinFakeMember(home.context, fake, club);
  const join = await make('join', roomId, '11');
  await alice.call('POST', inRoom(club, '/kick'), { user_id: userId });
  for (const operation of ['v1/send_join', 'v2/send_join']) {
    assert.deepEqual(await sendTwice(operation, roomId, join), [forbidden, forbidden]);
  }
});

test('a join that was let in is answered again, also when its condition is gone', async () => {
  const club = await createRoom('11');
  const allow = [{ type: 'm.room_membership', room_id: club }];
  const roomId = await createRoom('11', { join_rule: 'restricted', allow });
  await joinFakeMember(home.context, fake, club);
  const join = await make('join', roomId, '11');
  const [first, second] = await sendTwice('v2/send_join', roomId, join);
  assert.deepEqual([first?.['status'], second], [200, first]);
  await alice.call('POST', inRoom(club, '/kick'), { user_id: userId });
  assert.deepEqual(await sendTwice('v2/send_join', roomId, join), [first, first]);
});

test('a join under the id of an accepted join of another room opens no room', async () => {
  const eventId = '$mine:fake.test';
  const own = await createRoom('1');
  const [first] = await sendTwice('v2/send_join', own, await make('join', own, '1', { eventId }));
  assert.equal(first?.['status'], 200);
  const roomId = await createRoom('1');
  const join = await make('join', roomId, '1', { eventId });
  await ban(roomId);
  assert.deepEqual(await sendTwice('v2/send_join', roomId, join), [forbidden, forbidden]);
});
