import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type FakeFaults, startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { type Delivery, deliverAtRate } from './deliver-at-rate.ts';
import { openHttpConnection } from './http-connection.ts';

async function deliver(context: TestContext, faults: FakeFaults = {}): Promise<Delivery> {
  const server = await startFakeHomeserver(faults);
  context.after(() => server.close());
  const users = Array.from({ length: 5 }, (_, index) => ({
    userId: `@user${index}:fake`,
    token: `token${index}`,
    connection: openHttpConnection(server.baseUrl),
  }));
  context.after(() => {
    for (const user of users) user.connection.close();
  });
  return deliverAtRate({
    baseUrl: server.baseUrl,
    roomId: '!room',
    senders: users.slice(0, 2),
    receivers: users.slice(2),
    perSecond: 200,
    seconds: 0.2,
    patience: { giveUpAfterMs: 300, quietMs: 10 },
  });
}

/** The number of a marked text. */
const numberOf = (text: string) => Number(/:(\d{8})/.exec(text)?.[1]);

test('every message reaches every receiver once', async (context) => {
  const result = await deliver(context);
  assert.equal(result.acknowledged, 40);
  assert.equal(result.missing, 0);
  assert.equal(result.latencyMs.samples, 40 * 3);
  assert.ok(result.keepsUp);
});

test('an acknowledged message that nobody gets is counted as missing with each receiver', async (context) => {
  const result = await deliver(context, { keeps: (text) => numberOf(text) !== 7 });
  assert.equal(result.acknowledged, 40);
  assert.equal(result.missing, 3);
  assert.equal(result.keepsUp, false);
});

test('a message that comes twice is an error', async (context) => {
  await assert.rejects(
    deliver(context, { deliveries: (text) => (numberOf(text) === 7 ? 2 : 1) }),
    /3 messages .* twice/,
  );
});

test('a refused send is an error', async (context) => {
  await assert.rejects(deliver(context, { sendStatus: (text) => (numberOf(text) === 7 ? 429 : 200) }), /answered 429/);
});
