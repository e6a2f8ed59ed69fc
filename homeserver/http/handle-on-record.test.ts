import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../testing/test-user.ts';
import { isAct } from './handle-on-record.ts';
import { routes } from './routes.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

const audit = '/_holdfast/v1/admin/audit';

test('what an administrator does is in the audit log: who, what, to whom, from where and how it ended', async () => {
  await admin.call('POST', '/_holdfast/v1/admin/users', { username: 'anna', password: 'hunter2 hunter2' });
  const lock = '/_matrix/client/v1/admin/lock/@anna:test.example';
  await admin.call('PUT', lock, { locked: true });
  await admin.call('PUT', '/_matrix/client/v1/admin/lock/@nobody:test.example', { locked: true }, 404);
  const { acts } = await admin.call('GET', audit);
  const brief = acts.map((act: Record<string, unknown>) => [act['operation'], act['target'], act['outcome']]);
  assert.deepEqual(brief, [
    ['setAdminLockUser', '@nobody:test.example', 'M_NOT_FOUND'],
    ['setAdminLockUser', '@anna:test.example', 'done'],
    ['createUser', '', 'done'],
  ]);
  assert.deepEqual([acts[1].operator, acts[1].address], [admin.userId, '127.0.0.1']);
  assert.deepEqual(acts[1].details, { locked: true });
  assert.doesNotMatch(JSON.stringify(acts), /hunter2/);
  const some = await admin.call('GET', `${audit}?target=${encodeURIComponent('@anna:test.example')}`);
  assert.equal(some.acts.length, 1);
  const page = await admin.call('GET', `${audit}?limit=2`);
  assert.equal((await admin.call('GET', `${audit}?limit=2&from=${page.next_token}`)).acts[0].operation, 'createUser');
});

test('an act that cannot be recorded is not done', async () => {
  const { database } = homeserver.context;
  await database`ALTER TABLE audit_entry ADD CONSTRAINT full_disk CHECK (operation <> 'blockRoom')`;
  try {
    const path = '/_holdfast/v1/admin/rooms/!a:test.example/block';
    assert.ok((await admin.send('PUT', path, { body: { block: true } })).status >= 500);
    assert.deepEqual([...(await database`SELECT 1 FROM blocked_room`)], []);
  } finally {
    await database`ALTER TABLE audit_entry DROP CONSTRAINT full_disk`;
  }
});

test('every administrative operation that changes something is recorded, and looking at something is not', () => {
  const administrative = routes.filter(({ authentication }) => authentication === 'admin');
  assert.ok(administrative.length > 30);
  for (const route of administrative) assert.equal(isAct(route), route.method !== 'GET', route.operation);
  const unguarded = routes.filter(({ path, authentication }) => /\/admin\//.test(path) && authentication !== 'admin');
  assert.deepEqual(unguarded.map(({ operation }) => operation).toSorted(), [
    'getRegistrationNonce',
    'getWhoIs',
    'registerBySharedSecret',
  ]);
});
