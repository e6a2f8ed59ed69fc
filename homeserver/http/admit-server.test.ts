import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { openRemoteServers } from '../remote-servers/open-remote-servers.ts';
import { type FakeServer, makeFakeKey, startFakeServer } from '../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../testing/test-network.ts';
import { request } from '../testing/test-user.ts';
import { defineEndpoint } from './endpoint.ts';
import { type StartedHttpServer, startHttpServer } from './start-http-server.ts';

const path = '/_matrix/federation/v1/echo/{name}';
const uri = '/_matrix/federation/v1/echo/a%20b?c=%2F';

const ask = defineEndpoint({
  ...{ operation: 'ask', method: 'GET', path, authentication: 'server' },
  handle: (_context, { requester, params }) => ({ origin: requester.serverName, name: params.name }),
});
const tell = defineEndpoint({
  ...{ operation: 'tell', method: 'PUT', path, authentication: 'server', bodyLimitBytes: 200_000 },
  body: { type: 'object', properties: { said: { type: 'string' } } },
  handle: (_context, { requester, body }) => ({ origin: requester.serverName, said: body.said }),
});

let network: TestNetwork;
let homeserver: FederatedHomeserver;
let http: StartedHttpServer;
let fake: FakeServer;
let stop: () => Promise<void>;

before(async () => {
  const started = await startFederatedHomeservers({ servers: 1, config: { 'federation.deny': ['*.denied.test'] } });
  ({ network, stop } = started);
  homeserver = started.homeservers[0] as FederatedHomeserver;
  const config = { ...homeserver.context.config, tls: { ...homeserver.context.config.tls, port: undefined } };
  const context = { ...homeserver.context, config, metrics: createMetrics({ processMetrics: false }) };
  openRemoteServers(context, network.resolver);
  http = await startHttpServer(context, [ask, tell]);
  fake = await startFakeServer(network, 'fake.test');
});
after(async () => {
  await fake.stop();
  await http.close();
  await stop();
});

const send = (authorization: string | undefined, method = 'GET', body?: object) =>
  request(http.url, method, uri, { headers: { ...(authorization !== undefined && { authorization }) }, body });

test('a request that a server signed is let in with its name', async () => {
  const asked = await fake.send(http.url, 'one.test', 'GET', uri);
  assert.deepEqual([asked.status, asked.body], [200, { origin: 'fake.test', name: 'a b' }]);
  const told = await fake.send(http.url, 'one.test', 'PUT', uri, { said: 'hé', old: { z: 1, a: [true] } });
  assert.deepEqual([told.status, told.body], [200, { origin: 'fake.test', said: 'hé' }]);
});

test('the forms of old and careless servers are read too', async () => {
  const [, signature = ''] = /sig="([^"]*)"/.exec(fake.authorize(signedAs({ destination: undefined }))) ?? [];
  const { keyId } = fake.key;
  for (const authorization of [
    `X-Matrix origin=fake.test,key=${keyId},sig=${signature}`,
    `x-matrix   KEY="${keyId}" , Origin = "fake.te\\st" ,unknown=1, SIG="${signature}"`,
    `X-Matrix origin="fake.test",key="${keyId}",signature="${signature}"`,
  ]) {
    const reply = await send(authorization);
    assert.deepEqual([reply.status, reply.body.origin], [200, 'fake.test'], authorization);
  }
});

const signedAs = (changes: object) => ({
  ...{ method: 'GET', uri, destination: 'one.test' as string | undefined, contentJson: undefined },
  ...changes,
});

test('what is not signed as it came is refused', async () => {
  const sound = fake.authorize(signedAs({}));
  const refused: Record<string, string | undefined> = {
    'no header': undefined,
    'an access token': 'Bearer abc',
    'nothing behind the scheme': 'X-Matrix ',
    'no signature': 'X-Matrix origin="fake.test",key="ed25519:fake"',
    'a parameter twice': `${sound},origin="fake.test"`,
    'a broken parameter': `${sound},"`,
    'a name that is none': sound.replace('origin="fake.test"', 'origin="fake test"'),
    'our own name': sound.replace('origin="fake.test"', 'origin="one.test"'),
    'another destination': fake.authorize(signedAs({ destination: 'two.test' })),
    'another path': fake.authorize(signedAs({ uri: '/_matrix/federation/v1/echo/a' })),
    'another method': fake.authorize(signedAs({ method: 'PUT' })),
    'a body that is not there': fake.authorize(signedAs({ contentJson: '{}' })),
    'an unknown key': sound.replace('ed25519:fake', 'ed25519:other'),
    'a signature that is no base64': sound.replace(/sig="./, 'sig="!'),
    'an endless header': `${sound},x="${'x'.repeat(4_000)}"`,
  };
  for (const [story, authorization] of Object.entries(refused)) {
    const reply = await send(authorization);
    assert.deepEqual([reply.status, reply.body.errcode], [401, 'M_UNAUTHORIZED'], story);
  }
});

test('a body other than the signed one is refused', async () => {
  const signed = signedAs({ method: 'PUT', contentJson: '{"said":"yes"}' });
  const reply = await send(fake.authorize(signed), 'PUT', { said: 'no' });
  assert.deepEqual([reply.status, reply.body.errcode], [401, 'M_UNAUTHORIZED']);
  const wrongKey = { ...fake.key, ...makeFakeKey() };
  const [right, wrong] = [fake.key, wrongKey];
  fake.key = wrong;
  const forged = fake.authorize(signed);
  fake.key = right;
  assert.equal((await send(forged, 'PUT', { said: 'yes' })).status, 401);
  const long = await send(fake.authorize(signed), 'PUT', { said: 'x'.repeat(300_000) });
  assert.deepEqual([long.status, long.body.errcode], [413, 'M_TOO_LARGE']);
});

test('a server that the configuration denies is told so', async () => {
  const denied = await startFakeServer(network, 'a.denied.test');
  const reply = await denied.send(http.url, 'one.test', 'GET', uri);
  assert.deepEqual([reply.status, reply.body.errcode], [403, 'M_FORBIDDEN']);
  assert.equal(denied.requests.length, 0, 'it is not even asked for its keys');
  await denied.stop();
});

test('a key that its server has given up counts no more', async () => {
  const old = await startFakeServer(network, 'old.test');
  const oldKey = old.key;
  old.key = makeFakeKey('ed25519:new');
  const { publicKey } = oldKey;
  const oldKeys = {
    [oldKey.keyId]: { key: publicKey.toBase64({ omitPadding: true }), expired_ts: Date.now() + 60_000 },
  };
  old.answer('/_matrix/key/v2/server', () => old.publishKeys({ old_verify_keys: oldKeys }));
  assert.equal((await old.send(http.url, 'one.test', 'GET', uri)).status, 200);
  old.key = oldKey;
  assert.equal((await old.send(http.url, 'one.test', 'GET', uri)).status, 401);
  await old.stop();
});
