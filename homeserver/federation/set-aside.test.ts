import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import type { Context } from '../platform/context.ts';
import { readDestinationsOfSetAside, readOutbox, readSetAside } from '../storage/devices/read-outbox.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { createTestRoom, say } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { type AnyJson, registerUser, type TestUser } from '../testing/test-user.ts';
import { destinationOwners } from './destination-owners.ts';

const server = 'fake.test';
const bob = `@user:${server}`;
let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let context: Context;
let fake: FakeServer;
let received: CollectedTransactions;
let alice: TestUser;
let administrator: TestUser;
let roomId: string;
/** What the server took. */
const taken: string[] = [];
/** Names of messages for which it refuses a whole transaction. */
const refused = new Set<string>();

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  ({ context } = homeserver);
  fake = await startFakeServer(federation.network, server);
  received = collectTransactions(fake);
  received.answerWith((response, { body }) => {
    const names = [...namesIn(body?.['pdus'], ({ content }) => content.body), ...namesIn(body?.['edus'], nameOfEdu)];
    if (!names.some((name) => refused.has(name))) {
      taken.push(...names);
      return { pdus: {} };
    }
    response.statusCode = 400;
    return { errcode: 'M_BAD_JSON', error: 'not with me' };
  });
  alice = await registerUser(homeserver.baseUrl, 'alice');
  administrator = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(context, administrator.userId, { isAdmin: true });
  roomId = await createTestRoom(alice);
  await joinFakeMember(context, fake, roomId);
});

after(async () => {
  await fake.stop();
  await federation.stop();
});

function namesIn(items: unknown, nameOf: (item: AnyJson) => unknown): string[] {
  return ((items ?? []) as AnyJson[]).flatMap((item) => (nameOf(item) as string | undefined) ?? []);
}

const nameOfEdu = ({ edu_type: type, content }: AnyJson) =>
  type === 'm.direct_to_device' ? content.messages[bob].D.name : undefined;

async function tellDevice(name: string): Promise<void> {
  const messages = { [bob]: { D: { name } } } as JsonObject;
  await alice.call('PUT', `/_matrix/client/v3/sendToDevice/test.type/${name}`, { messages });
}

/** Has the server tried at once, again and again, until it is so. */
async function untilSo(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (!(await isSo())) {
    destinationOwners.of(context).owner?.heard(server);
    await context.clock.sleep(20);
  }
}

async function status(): Promise<AnyJson> {
  const { destinations } = await administrator.call('GET', '/_holdfast/v1/admin/federation');
  return destinations.find((destination: AnyJson) => destination.server === server);
}

const all = { after: 0, withAll: true };

test('a message to devices that a server refuses alone is set aside, and holds up and loses nothing', async () => {
  refused.add('poison');
  for (const name of ['one', 'poison', 'two']) await tellDevice(name);
  await say(alice, roomId, 'event');
  await untilSo(() => ['one', 'two', 'event'].every((name) => taken.includes(name)));
  assert.ok(!taken.includes('poison'));
  await untilSo(async () => (await status()).state === 'idle');
  ({ context } = await homeserver.restart());
  const { set_aside: count, last_set_aside: problem, dropped, waiting_messages: waiting } = await status();
  assert.deepEqual([count, dropped, waiting], [1, 0, 0]);
  assert.match(problem, /400.*not with me/);
  // What is sent later does not take it along, neither to the server nor out of the outbox.
  await tellDevice('three');
  await untilSo(() => taken.includes('three'));
  await untilSo(async () => (await readOutbox(context.database, server, 10)).length === 0);
  assert.ok(await readSetAside(context.database, server, all));
});

test('what was set aside is tried again by itself, later each time it is refused, and is sent once it is taken', async () => {
  const { database } = context;
  const hours = async () => {
    const [row] = await database<{ hours: number }[]>`
      SELECT round(extract(epoch FROM retry_at - clock_timestamp()) / 3600)::int AS hours FROM to_device_outbox
      WHERE destination = ${server} AND retry_at IS NOT NULL`;
    return row?.hours;
  };
  assert.equal(await hours(), 1);
  assert.deepEqual(await readDestinationsOfSetAside(database, 10), []);
  await database`UPDATE to_device_outbox SET retry_at = clock_timestamp() - interval '1 second'`;
  assert.deepEqual(await readDestinationsOfSetAside(database, 10), [server]);
  destinationOwners.of(context).owner?.retrySetAside(server, false);
  await untilSo(async () => (await hours()) === 2);
  refused.clear();
  // Its time has not come: an administrator may have it tried all the same.
  await administrator.call('POST', `/_holdfast/v1/admin/federation/${server}/retry`);
  await untilSo(() => taken.includes('poison'));
  await untilSo(async () => (await status()).set_aside === 0);
  assert.equal(await readSetAside(database, server, all), undefined);
  assert.equal(taken.filter((name) => name === 'poison').length, 1);
});
