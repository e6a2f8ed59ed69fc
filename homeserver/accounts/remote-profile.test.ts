import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import { type FederatedHomeservers, startFederatedHomeservers } from '../testing/start-federated-homeservers.ts';
import { getRemoteProfile } from './remote-profile.ts';

let federation: FederatedHomeservers;
let fake: FakeServer;
before(async () => {
  federation = await startFederatedHomeservers({ servers: 1 });
  fake = await startFakeServer(federation.network, 'fake.test');
});
after(async () => {
  await fake.stop();
  await federation.stop();
});

test('of what another server says of a user, a name and a picture that are no texts are left out', async () => {
  const context = federation.homeservers[0]?.context;
  assert.ok(context);
  fake.answer('/_matrix/federation/v1/query/profile', {
    ...{ displayname: { text: 'Mallory' }, avatar_url: null },
    ...{ 'm.tz': 'Europe/Berlin', 'org.example.more': [1], 'org.example.none': null },
  });
  assert.deepEqual(await getRemoteProfile(context, '@mallory:fake.test'), {
    ...{ 'm.tz': 'Europe/Berlin', 'org.example.more': [1] },
  });
  fake.answer('/_matrix/federation/v1/query/profile', { displayname: 'Bob', avatar_url: 'mxc://fake.test/b' });
  const sound = { displayname: 'Bob', avatar_url: 'mxc://fake.test/b' };
  assert.deepEqual(await getRemoteProfile(context, '@bob:fake.test'), sound);
});
