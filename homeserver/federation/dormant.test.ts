import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { readDestination } from '../storage/federation/read-destinations.ts';
import { type CollectedTransactions, collectTransactions } from '../testing/collect-transactions.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { createTestRoom, say } from '../testing/room-actions.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  type FederatedHomeservers,
  startFederatedHomeservers,
} from '../testing/start-federated-homeservers.ts';
import { registerUser, type TestUser } from '../testing/test-user.ts';
import { destinationOwners } from './destination-owners.ts';

/** Servers that have been away for weeks. */
const deadServers = 1_000;
const away = 'away.test';
let federation: FederatedHomeservers;
let homeserver: FederatedHomeserver;
let context: Context;
let fake: FakeServer;
let received: CollectedTransactions;
let alice: TestUser;
let roomId: string;

before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  homeserver = federation.homeservers[0] as FederatedHomeserver;
  ({ context } = homeserver);
  alice = await registerUser(homeserver.baseUrl, 'alice');
  fake = await startFakeServer(federation.network, away);
  received = collectTransactions(fake);
  received.answerWith((response) => {
    response.statusCode = 503;
    return { errcode: 'M_UNKNOWN', error: 'later' };
  });
  roomId = await createTestRoom(alice);
  await joinFakeMember(context, fake, roomId);
});

after(async () => {
  await fake.stop();
  await federation.stop();
});

const describe = () => destinationOwners.of(context).owner?.describe(0) ?? [];
const asleep = () => describe().filter(({ state, queued }) => state === 'waiting' && queued === 0);

/** Restarts; resolves once the servers of the home shard are known again. */
async function restart(): Promise<void> {
  ({ context } = await homeserver.restart());
  while (asleep().length === 0) await context.clock.sleep(20);
}

test('servers that were away for long wait without memory after a restart, whatever is said meanwhile', async () => {
  await say(alice, roomId, '1');
  await received.arrivals(1);
  while (!(await readDestination(context, away))?.isBehind) await context.clock.sleep(20);
  await context.database`
    INSERT INTO destination (server_name, positions, is_behind, behind_since)
    SELECT 'dead-' || number || '.test', '{0}', true, now() FROM generate_series(1, ${deadServers}) number`;
  await context.database`UPDATE destination SET behind_since = now() - interval '60 days'`;
  await restart();
  // Each has its time within the next hour: that more than a few have come already would be no chance.
  assert.ok(asleep().length > deadServers * 0.9);
  assert.ok(asleep().every(({ waitingMs, retryInMs }) => waitingMs > 86_400_000 && (retryInMs ?? 0) <= 3_600_000));
  for (const text of ['2', '3']) await say(alice, roomId, text);
  assert.ok(asleep().some(({ server }) => server === away));
  assert.ok(describe().every(({ queued }) => queued === 0));
});

test('a server that is heard from after long gets at once what it missed, in its order, and nobody else is tried for it', async () => {
  const others = new Set(asleep().map(({ server }) => server));
  received.answerWith(undefined);
  const path = `/_matrix/federation/v1/query/profile?user_id=${alice.userId}`;
  await fake.send(homeserver.baseUrl, 'one.test', 'GET', path);
  assert.deepEqual(await received.messages(3), ['1', '2', '3']);
  assert.ok(asleep().length > others.size * 0.9);
  while ((await readDestination(context, away))?.isBehind) await context.clock.sleep(20);
});

test('who has caught up is not behind after a restart, and the others still are', async () => {
  await restart();
  assert.ok(!describe().some(({ server }) => server === away));
  assert.ok(asleep().length > deadServers * 0.9);
  await say(alice, roomId, '4');
  assert.deepEqual(await received.messages(4), ['1', '2', '3', '4']);
});
