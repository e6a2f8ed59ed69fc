import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { encodeBase64 } from '@holdfast/protocol/crypto/base64.ts';
import { signJson } from '@holdfast/protocol/crypto/sign-json.ts';
import { verifyJson } from '@holdfast/protocol/crypto/verify-json.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../../testing/start-fake-server.ts';
import {
  type FederatedHomeserver,
  startFederatedHomeserver,
  startFederatedHomeservers,
} from '../../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../../testing/test-network.ts';
import { request } from '../../testing/test-user.ts';
import { keyRings } from './key-rings.ts';
import { ownKeysOf, rotateSigningKey } from './own-keys.ts';
import { parseServerKeys } from './parse-server-keys.ts';

let network: TestNetwork;
let notary: FederatedHomeserver;
let asking: FederatedHomeserver;
let stop: () => Promise<void>;

before(async () => {
  const started = await startFederatedHomeservers({ servers: ['notary.test'] });
  ({ network, stop } = started);
  notary = started.homeservers[0] as FederatedHomeserver;
  asking = await startFederatedHomeserver(network, 'asking.test', {
    config: { 'federation.key_servers': ['notary.test'] },
  });
});
after(async () => {
  await asking.stop();
  await stop();
});

const find = async (homeserver: FederatedHomeserver, server: FakeServer, atTs = Date.now()) => {
  const { keyId } = server.key;
  const findKey = await keyRings.of(homeserver.context).find([{ serverName: server.serverName, keyId, atTs }]);
  return findKey(server.serverName, keyId)?.publicKey.length;
};
const keyFetches = (server: FakeServer) => server.requests.filter(({ url }) => url === '/_matrix/key/v2/server').length;

test('a key is fetched once, however many want it, and remembered by the database', async () => {
  const fake = await startFakeServer(network, 'once.test');
  assert.deepEqual(await Promise.all([find(notary, fake), find(notary, fake)]), [32, 32]);
  assert.equal(keyFetches(fake), 1);
  await fake.stop();
  const rows = await notary.context.database`SELECT key_id FROM remote_server_key WHERE server_name = 'once.test'`;
  assert.equal(rows.length, 1);
});

test('keys that are asked for again and again, and are not there, are not fetched each time', async () => {
  const fake = await startFakeServer(network, 'often.test');
  await find(notary, fake);
  fake.key = makeFakeKey('ed25519:unheard');
  fake.answer('/_matrix/key/v2/server', () => ({ errcode: 'M_UNKNOWN' }));
  for (let turn = 0; turn < 5; turn++) assert.equal(await find(notary, fake), undefined);
  assert.equal(keyFetches(fake), 1, 'ten seconds have not passed');
  await fake.stop();
});

test('what a server publishes is believed only if it is its own, signed and bounded', async () => {
  const fake = await startFakeServer(network, 'odd.test');
  const judge = (answer: JsonObject) => parseServerKeys(answer, 'odd.test', Date.now()).problem;
  assert.equal(judge(fake.publishKeys()), undefined);
  const key = { key: encodeBase64(makeFakeKey().publicKey) };
  const many = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`ed25519:k${index}`, key]));
  for (const members of [
    { server_name: 'other.test' },
    { valid_until_ts: 'soon' },
    { valid_until_ts: null },
    { verify_keys: {} },
    { verify_keys: [] },
    { verify_keys: { 'ed25519:fake': { key: 'AAAA' } } },
    { verify_keys: { 'ed25519:fake': key } },
    { old_verify_keys: Object.fromEntries(Object.entries(many).map(([id, each]) => [id, { ...each, expired_ts: 1 }])) },
  ] as JsonObject[]) {
    assert.match(
      judge(fake.publishKeys(members)) ?? '',
      /^its keys are not sound/,
      JSON.stringify(members).slice(0, 100),
    );
  }
  assert.match(judge({ ...fake.publishKeys(), signatures: {} }) ?? '', /No ed25519 signature/);
  const far = parseServerKeys(fake.publishKeys({ valid_until_ts: Date.now() + 1e11 }), 'odd.test', 1_000).published;
  assert.equal(far?.keys.get('ed25519:fake')?.validUntilTs, 1_000 + 7 * 86_400_000, 'seven days at most');
  await fake.stop();
});

test('the keys of a server that is gone come from a notary that has seen them', async () => {
  const fake = await startFakeServer(network, 'gone.test');
  assert.equal(await find(notary, fake), 32);
  await fake.stop();
  assert.equal(await find(asking, fake), 32);
  assert.equal(keyFetches(fake), 1);
});

test('a notary answers for many servers at once, for itself, and leaves out whom nobody knows', async () => {
  const fake = await startFakeServer(network, 'known.test');
  const body = {
    server_keys: {
      'known.test': { 'ed25519:fake': { minimum_valid_until_ts: Date.now() } },
      'notary.test': {},
      'nobody.test': {},
      'no name': {},
    },
  };
  const { body: bulk } = await request(notary.baseUrl, 'POST', '/_matrix/key/v2/query', { body });
  const names = (answer: { server_keys: JsonObject[] }) =>
    answer.server_keys.map((each) => each['server_name'] as string).sort();
  assert.deepEqual(names(bulk), ['known.test', 'notary.test']);
  const { body: single } = await request(notary.baseUrl, 'GET', '/_matrix/key/v2/query/known.test');
  const [given] = single.server_keys as [JsonObject];
  const { keyId, publicKey } = notary.context.signingKey;
  const findKey = (id: string) => (id === keyId ? publicKey : undefined);
  assert.equal(verifyJson(given, 'notary.test', findKey, cryptoPrimitives), undefined);
  assert.equal(
    verifyJson(given, 'known.test', () => fake.key.publicKey, cryptoPrimitives),
    undefined,
  );
  assert.equal(keyFetches(fake), 1, 'what is fresh is not fetched again');
  const nobody = await request(notary.baseUrl, 'GET', '/_matrix/key/v2/query/nobody.test');
  assert.deepEqual(nobody.body, { server_keys: [] });
  const bad = await request(notary.baseUrl, 'GET', '/_matrix/key/v2/query/no%20name');
  assert.deepEqual([bad.status, bad.body.errcode], [400, 'M_INVALID_PARAM']);
  await fake.stop();
});

test('a new key is published before it signs, and the old one afterwards, without a restart', async () => {
  const { context, baseUrl } = notary;
  const oldId = context.signingKey.keyId;
  const newId = await rotateSigningKey(context);
  const keys = ownKeysOf.of(context);
  await keys.look(context);
  const published = async () => (await request(baseUrl, 'GET', '/_matrix/key/v2/server')).body;
  assert.deepEqual(Object.keys((await published()).verify_keys).sort(), [newId, oldId].sort());
  assert.equal(context.signingKey.keyId, oldId);
  await context.database`UPDATE signing_key SET signs_from = clock_timestamp() WHERE key_id = ${newId}`;
  await keys.look(context);
  assert.equal(context.signingKey.keyId, newId);
  const after = await published();
  assert.deepEqual([Object.keys(after.verify_keys), Object.keys(after.old_verify_keys)], [[newId], [oldId]]);
  assert.equal(parseServerKeys(after, 'notary.test', Date.now()).problem, undefined);
  const fake = await startFakeServer(network, 'reader.test');
  fake.answer('/ask', {});
  const { askServer } = await import('../ask-server.ts');
  await askServer(context, { server: 'reader.test', method: 'GET', path: '/ask', timeoutMs: 5_000 });
  assert.match((await fake.waitForRequest('/ask')).headers.authorization ?? '', new RegExp(`key="${newId}"`));
  await fake.stop();
});

test('a notary that knows a server, but not the key or not for so late, leaves the question to the next one', async (t) => {
  const first = await startFakeServer(network, 'first.test');
  const second = await startFakeServer(network, 'second.test');
  const reader = await startFederatedHomeserver(network, 'two-notaries.test', {
    config: { 'federation.key_servers': ['first.test', 'second.test'] },
  });
  t.after(async () => {
    for (const started of [first, second, reader]) await started.stop();
  });
  const answerWith = (asked: FakeServer, published: JsonObject) =>
    asked.answer('/_matrix/key/v2/query', () => {
      const signer = { name: asked.serverName, ...asked.key };
      return { server_keys: [signJson(published, signer, cryptoPrimitives)] };
    });
  const nowTs = Date.now();
  for (const serverName of ['has-another-key.test', 'was-seen-long-ago.test']) {
    const gone = await startFakeServer(network, serverName);
    await gone.stop();
    answerWith(second, gone.publishKeys({ valid_until_ts: nowTs + 60_000 }));
    if (serverName.startsWith('has')) gone.key = makeFakeKey('ed25519:another');
    answerWith(first, gone.publishKeys({ valid_until_ts: nowTs - 60_000 }));
    gone.key = makeFakeKey();
    assert.equal(await find(reader, gone, nowTs), 32);
    const findKey = await keyRings.of(reader.context).find([{ serverName, keyId: gone.key.keyId, atTs: nowTs }]);
    assert.equal(findKey(serverName, gone.key.keyId)?.validUntilTs, nowTs + 60_000);
  }
  for (const { requests } of [first, second]) {
    assert.equal(requests.filter(({ url }) => url === '/_matrix/key/v2/query').length, 2);
  }
});
