import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FederatedHomeserver, startFederatedHomeservers } from '../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../testing/test-network.ts';
import { askServer } from './ask-server.ts';

let network: TestNetwork;
let one: FederatedHomeserver;
let two: FederatedHomeserver;
let stop: () => Promise<void>;

before(async () => {
  const started = await startFederatedHomeservers({ servers: 2 });
  ({ network, stop } = started);
  [one, two] = started.homeservers as [FederatedHomeserver, FederatedHomeserver];
});
after(() => stop());

test('a server is found, connected to by TLS, and answers', async () => {
  const answer = await askServer(one.context, {
    ...{ server: 'two.test', method: 'GET', path: '/_matrix/federation/v1/version', timeoutMs: 5_000 },
  });
  assert.equal((answer['server'] as { name: string }).name, 'Holdfast');
  const keys = await askServer(two.context, {
    ...{ server: 'one.test', method: 'GET', path: '/_matrix/key/v2/server', timeoutMs: 5_000 },
  });
  assert.deepEqual(Object.keys(keys['verify_keys'] as object), [one.context.signingKey.keyId]);
});

test('a name that nobody has is unreachable', async () => {
  assert.equal(network.hosts.has('nobody.test'), false);
  await assert.rejects(
    askServer(one.context, {
      ...{ server: 'nobody.test', method: 'GET', path: '/_matrix/key/v2/server', timeoutMs: 5_000 },
    }),
    { kind: 'unreachable', message: 'the name is not in the DNS' },
  );
});
