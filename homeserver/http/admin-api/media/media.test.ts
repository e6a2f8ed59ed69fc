import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setAccountFlags } from '../../../accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let admin: TestUser;
let anna: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  admin = await registerUser(homeserver.baseUrl, 'admin');
  anna = await registerUser(homeserver.baseUrl, 'anna');
  await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
});
after(() => homeserver.stop());

async function upload(text: string): Promise<string> {
  const { body } = await anna.send('POST', '/_matrix/media/v3/upload', { body: text });
  return (body.content_uri as string).slice('mxc://'.length);
}

async function download(place: string): Promise<number> {
  const url = `${homeserver.baseUrl}/_matrix/client/v1/media/download/${place}`;
  const reply = await fetch(url, { headers: { authorization: `Bearer ${anna.accessToken}` } });
  await reply.bytes();
  return reply.status;
}

const media = '/_holdfast/v1/admin/media';
const list = () => admin.call('GET', `/_holdfast/v1/admin/users/${anna.userId}/media`);

test('a quarantined file is given to nobody until it is given out again', async () => {
  const place = await upload('bad');
  assert.equal(await download(place), 200);
  await admin.call('PUT', `${media}/${place}/quarantine`, { quarantine: true });
  assert.equal(await download(place), 404);
  assert.equal((await list()).media[0].is_quarantined, true);
  await admin.call('PUT', `${media}/${place}/quarantine`, { quarantine: false });
  assert.equal(await download(place), 200);
});

test('a file of another server is withheld before it is here', async () => {
  await admin.call('PUT', `${media}/other.example/abc/quarantine`, { quarantine: true });
  assert.equal(await download('other.example/abc'), 404);
  assert.equal(
    (await admin.call('PUT', `${media}/a%20b/abc/quarantine`, { quarantine: true }, 400)).errcode,
    'M_INVALID_PARAM',
  );
});

test('a deleted file is gone, and its user has the room again', async () => {
  const [place, other] = [await upload('12345678'), await upload('other')];
  const before = (await list()).used_bytes;
  await admin.call('DELETE', `${media}/${place}`);
  assert.deepEqual([await download(place), await download(other)], [404, 200]);
  assert.equal((await list()).used_bytes, before - 8);
  assert.equal((await admin.call('DELETE', `${media}/${place}`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await admin.call('DELETE', `${media}/other.example/none`, undefined, 404)).errcode, 'M_NOT_FOUND');
});
