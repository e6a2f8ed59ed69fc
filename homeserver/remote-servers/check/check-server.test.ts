import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startFakeServer } from '../../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../../testing/test-network.ts';
import { connectionsOf } from '../connections/connections-of.ts';
import { routeCaches } from '../discovery/route-cache.ts';
import { checkServer } from './check-server.ts';
import { hasProblem } from './server-finding.ts';

let network: TestNetwork;
let one: FederatedHomeserver;
let stop: () => Promise<void>;

before(async () => {
  const started = await startFederatedHomeservers({ servers: 2, config: { 'federation.deny': ['denied.test'] } });
  ({ network, stop } = started);
  one = started.homeservers[0] as FederatedHomeserver;
});
after(() => stop());

const problemsOf = async (serverName: string) => {
  const findings = await checkServer(one.context, serverName);
  return findings.filter(({ verdict }) => verdict === 'problem').map(({ what }) => what);
};

test('a server that is well is found to be so, each step in words', async () => {
  const findings = await checkServer(one.context, 'two.test');
  assert.equal(hasProblem(findings), false, JSON.stringify(findings));
  const text = findings.map(({ what }) => what).join('\n');
  for (const part of [
    /SRV record _matrix-fed\._tcp\.two\.test leads to two\.test:\d+/,
    /two\.test:\d+ \(127\.0\.0\.1\) has a good certificate, good for 36\d more days/,
    /two\.test runs Holdfast/,
    /its keys ed25519:\w+ are good until/,
    /two\.test believes our signature/,
    /this server publishes its key ed25519:\w+ there/,
  ]) {
    assert.match(text, part);
  }
  const again = (await checkServer(one.context, 'two.test')).map(({ what }) => what);
  assert.match(again.join('\n'), /has a good certificate, good for 36\d more days/, 'also with a TLS session at hand');
});

test('what is wrong is named', async () => {
  assert.match((await problemsOf('denied.test'))[0] ?? '', /not dealt with/);
  assert.match((await problemsOf('no name'))[0] ?? '', /no server name/);
  assert.match((await problemsOf('nobody.test'))[0] ?? '', /nobody\.test:8448: the name is not in the DNS/);
  const fake = await startFakeServer(network, 'fake.test');
  fake.answer('/_matrix/federation/v1/version', { server: { name: 'Fake', version: '1' } });
  fake.answer('/_matrix/key/v2/server', () => fake.publishKeys({ valid_until_ts: 1_000 }));
  fake.answer('/_matrix/federation/v1/query/profile', (response) => {
    response.statusCode = 401;
    return { errcode: 'M_UNAUTHORIZED', error: 'Failed to find any key' };
  });
  const problems = await problemsOf('fake.test');
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.match(problems[0] ?? '', /were good until 1970-01-01T00:00Z only/);
  assert.match(problems[1] ?? '', /does not believe our signature.*Failed to find any key/);
  await fake.stop();
});

test('a name under which another server answers is found out', async () => {
  const before = network.services.get('_matrix-fed._tcp.one.test');
  const impostor = await startFakeServer(network, 'one.test');
  routeCaches.of(one.context).forget('one.test');
  // Connections of before still lead to the right one.
  connectionsOf.of(one.context).close();
  assert.match((await problemsOf('two.test')).join(), /does not have this server's key/);
  network.services.set('_matrix-fed._tcp.one.test', before ?? []);
  await impostor.stop();
});
