import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
before(async () => {
  homeserver = await startTestHomeserver();
});
after(() => homeserver.stop());

const versionPath = '/_matrix/client/v3/room_keys/version';
const keysPath = '/_matrix/client/v3/room_keys/keys';
const backup = {
  algorithm: 'm.megolm_backup.v1.curve25519-aes-sha2',
  auth_data: { public_key: 'abc', signatures: {} },
};

let users = 0;
async function makeUser(): Promise<TestUser> {
  return await registerUser(homeserver.baseUrl, `keeper${users++}`);
}

async function makeBackup(user: TestUser): Promise<string> {
  return (await user.call('POST', versionPath, backup)).version;
}

const key = (members: object = {}) => ({
  first_message_index: 5,
  forwarded_count: 2,
  is_verified: false,
  session_data: { ciphertext: 'c', ephemeral: 'e', mac: 'm' },
  ...members,
});

async function error(user: TestUser, method: string, path: string, body?: object) {
  const reply = await user.send(method, path, { body });
  return [reply.status, reply.body.errcode];
}

test('the newest version is the current one, until it is deleted', async () => {
  const user = await makeUser();
  assert.deepEqual(await error(user, 'GET', versionPath), [404, 'M_NOT_FOUND']);
  const first = await makeBackup(user);
  assert.deepEqual(await user.call('GET', versionPath), { ...backup, version: first, etag: '0', count: 0 });
  const second = await makeBackup(user);
  assert.notEqual(second, first);
  assert.equal((await user.call('GET', versionPath)).version, second);
  assert.equal((await user.call('GET', `${versionPath}/${first}`)).version, first);
  await user.call('DELETE', `${versionPath}/${second}`);
  await user.call('DELETE', `${versionPath}/${second}`);
  assert.equal((await user.call('GET', versionPath)).version, first);
  assert.deepEqual(await error(user, 'GET', `${versionPath}/${second}`), [404, 'M_NOT_FOUND']);
  assert.notEqual(await makeBackup(user), second, 'no version is given twice');
});

test('auth_data can change, the algorithm cannot', async () => {
  const user = await makeUser();
  const version = await makeBackup(user);
  const changed = { ...backup, auth_data: { public_key: 'abc', signatures: { a: 'b' } } };
  await user.call('PUT', `${versionPath}/${version}`, { ...changed, version });
  assert.deepEqual((await user.call('GET', versionPath)).auth_data, changed.auth_data);
  const put = (body: object, of = version) => error(user, 'PUT', `${versionPath}/${of}`, body);
  assert.deepEqual(await put({ ...changed, algorithm: 'other' }), [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await put({ ...changed, version: '99' }), [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await put(changed, '99'), [404, 'M_NOT_FOUND']);
  assert.deepEqual(await put(changed, 'nonsense'), [404, 'M_NOT_FOUND']);
});

test('keys are stored and read one by one, by room and all together', async () => {
  const user = await makeUser();
  const version = `?version=${await makeBackup(user)}`;
  assert.deepEqual(await user.call('GET', keysPath + version), { rooms: {} });
  assert.deepEqual(await user.call('GET', `${keysPath}/!a${version}`), { sessions: {} });
  const one = await user.call('PUT', `${keysPath}/!a/s1${version}`, key());
  const room = await user.call('PUT', `${keysPath}/!a${version}`, { sessions: { s2: key(), s3: key() } });
  const all = await user.call('PUT', keysPath + version, {
    rooms: { '!b': { sessions: { s1: key({ forwarded_count: 7 }) } }, '!a': { sessions: { s1: key() } } },
  });
  assert.deepEqual([one.count, room.count, all.count], [1, 3, 4]);
  assert.equal(new Set([one.etag, room.etag, all.etag]).size, 3);
  const sessions = { s1: key(), s2: key(), s3: key() };
  assert.deepEqual(await user.call('GET', `${keysPath}/!a/s2${version}`), key());
  assert.deepEqual(await user.call('GET', `${keysPath}/!a${version}`), { sessions });
  assert.deepEqual(await user.call('GET', keysPath + version), {
    rooms: { '!a': { sessions }, '!b': { sessions: { s1: key({ forwarded_count: 7 }) } } },
  });
  assert.deepEqual(await error(user, 'GET', `${keysPath}/!a/gone${version}`), [404, 'M_NOT_FOUND']);
  const current = await user.call('GET', versionPath);
  assert.deepEqual([current.count, current.etag], [4, all.etag]);
});

test('a backup larger than a page is read whole', async () => {
  const user = await makeUser();
  const version = `?version=${await makeBackup(user)}`;
  const sessions = Object.fromEntries(Array.from({ length: 1_500 }, (_, number) => [`s${number}`, key()]));
  const rooms = { '!a': { sessions }, '!b': { sessions } };
  assert.equal((await user.call('PUT', keysPath + version, { rooms })).count, 3_000);
  assert.deepEqual(await user.call('GET', keysPath + version), { rooms });
  assert.deepEqual(await user.call('GET', `${keysPath}/!b${version}`), { sessions });
});

const stored = { is_verified: true, first_message_index: 5, forwarded_count: 2 };
for (const [name, members, isStored] of [
  ['verified, though it starts later', { is_verified: true, first_message_index: 9 }, false],
  ['not verified, though it starts earlier', { is_verified: false, first_message_index: 0 }, false],
  ['verified and starting earlier, though forwarded more often', { first_message_index: 4, forwarded_count: 9 }, true],
  ['as early and forwarded less often', { forwarded_count: 1 }, true],
  ['as early and forwarded more often', { forwarded_count: 3 }, false],
  ['the same in all of this', {}, false],
] as const) {
  test(`over a verified key, one that is ${name} is ${isStored ? '' : 'not '}stored`, async () => {
    const user = await makeUser();
    const path = `${keysPath}/!a/s?version=${await makeBackup(user)}`;
    const earlier = await user.call('PUT', path, key(stored));
    const offered = key({ ...stored, session_data: { new: true }, ...members });
    const later = await user.call('PUT', path, offered);
    assert.deepEqual(await user.call('GET', path), isStored ? offered : key(stored));
    assert.equal(later.etag !== earlier.etag, isStored);
    assert.equal(later.count, 1);
  });
}

test('a verified key replaces one that is not, whatever else', async () => {
  const user = await makeUser();
  const path = `${keysPath}/!a/s?version=${await makeBackup(user)}`;
  await user.call('PUT', path, key({ first_message_index: 0, forwarded_count: 0 }));
  await user.call('PUT', path, key({ is_verified: true, first_message_index: 9 }));
  assert.equal((await user.call('GET', path)).first_message_index, 9);
});

test('keys are stored in the current version only', async () => {
  const user = await makeUser();
  assert.deepEqual(await error(user, 'PUT', `${keysPath}/!a/s?version=1`, key()), [404, 'M_NOT_FOUND']);
  const first = await makeBackup(user);
  await user.call('PUT', `${keysPath}/!a/s?version=${first}`, key());
  const second = await makeBackup(user);
  const reply = await user.send('PUT', `${keysPath}/!a/t?version=${first}`, { body: key() });
  assert.deepEqual([reply.status, reply.body.errcode], [403, 'M_WRONG_ROOM_KEYS_VERSION']);
  assert.equal(reply.body.current_version, second);
  assert.deepEqual(await error(user, 'PUT', `${keysPath}/!a/s?version=99`, key()), [404, 'M_NOT_FOUND']);
  assert.deepEqual(await error(user, 'PUT', `${keysPath}/!a/s`, key()), [400, 'M_MISSING_PARAM']);
  assert.deepEqual(await user.call('GET', `${keysPath}/!a/s?version=${first}`), key(), 'old ones can be read');
});

test('keys are deleted one by one, by room and all together', async () => {
  const user = await makeUser();
  const version = `?version=${await makeBackup(user)}`;
  const sessions = { s1: key(), s2: key(), s3: key() };
  const { etag } = await user.call('PUT', keysPath + version, {
    rooms: { '!a': { sessions }, '!b': { sessions }, '!c': { sessions } },
  });
  const one = await user.call('DELETE', `${keysPath}/!a/s1${version}`);
  assert.equal(one.count, 8);
  assert.notEqual(one.etag, etag);
  assert.deepEqual(await user.call('DELETE', `${keysPath}/!a/s1${version}`), one, 'nothing was left to delete');
  assert.equal((await user.call('DELETE', `${keysPath}/!b${version}`)).count, 5);
  assert.deepEqual(Object.keys((await user.call('GET', keysPath + version)).rooms), ['!a', '!c']);
  assert.equal((await user.call('DELETE', keysPath + version)).count, 0);
  assert.deepEqual(await user.call('GET', keysPath + version), { rooms: {} });
  assert.deepEqual(await error(user, 'DELETE', `${keysPath}?version=99`), [404, 'M_NOT_FOUND']);
});

test('deleting a version deletes its keys, however many', async () => {
  const user = await makeUser();
  const version = await makeBackup(user);
  const sessions = Object.fromEntries(Array.from({ length: 6_000 }, (_, number) => [`s${number}`, key()]));
  await user.call('PUT', `${keysPath}/!a?version=${version}`, { sessions });
  await user.call('DELETE', `${versionPath}/${version}`);
  assert.deepEqual(await error(user, 'GET', `${keysPath}?version=${version}`), [404, 'M_NOT_FOUND']);
  const left = await homeserver.context.database`SELECT FROM key_backup_session WHERE user_id = ${user.userId}`;
  assert.equal(left.length, 0);
});

test('uploads of one user at the same time are all counted', async () => {
  const user = await makeUser();
  const version = await makeBackup(user);
  const uploads = Array.from({ length: 20 }, (_, number) =>
    user.call('PUT', `${keysPath}/!a/s${number % 15}?version=${version}`, key()),
  );
  await Promise.all(uploads);
  assert.equal((await user.call('GET', versionPath)).count, 15);
});

test('backups of one user are nobody else’s', async () => {
  const [alice, bob] = [await makeUser(), await makeUser()];
  const version = await makeBackup(alice);
  await alice.call('PUT', `${keysPath}/!a/s?version=${version}`, key());
  assert.deepEqual(await error(bob, 'GET', `${keysPath}/!a/s?version=${version}`), [404, 'M_NOT_FOUND']);
  await makeBackup(bob);
  assert.deepEqual(await bob.call('GET', `${keysPath}?version=${version}`), { rooms: {} });
});

test('malformed keys are refused', async () => {
  const user = await makeUser();
  const version = `?version=${await makeBackup(user)}`;
  const put = (body: object) => error(user, 'PUT', `${keysPath}/!a/s${version}`, body);
  for (const body of [{}, key({ is_verified: 1 }), key({ first_message_index: -1 }), key({ session_data: 'text' })]) {
    assert.deepEqual(await put(body), [400, 'M_BAD_JSON']);
  }
  assert.deepEqual(await put(key({ session_data: { a: 'x'.repeat(70_000) } })), [413, 'M_TOO_LARGE']);
  const room = (id: string) => error(user, 'PUT', keysPath + version, { rooms: { [id]: { sessions: { s: key() } } } });
  assert.deepEqual(await room('!a\u0000'), [400, 'M_INVALID_PARAM']);
  assert.deepEqual(await room('!'.repeat(300)), [400, 'M_INVALID_PARAM']);
});
