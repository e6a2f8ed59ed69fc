import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { putRemoteMember } from '../../../testing/put-remote-member.ts';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let searcher: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  searcher = await registerUser(homeserver.baseUrl, 'searcher');
});
after(() => homeserver.stop());

const search = async (term: string, limit?: number, as = searcher) => {
  const body = { search_term: term, ...(limit !== undefined && { limit }) };
  const reply = await as.call('POST', '/_matrix/client/v3/user_directory/search', body);
  return {
    limited: reply.limited,
    ids: reply.results.map((user: { user_id: string }) => user.user_id.slice(1, user.user_id.indexOf(':'))),
    results: reply.results,
  };
};
const makeUser = async (name: string, displayName?: string) => {
  const user = await registerUser(homeserver.baseUrl, name);
  const path = `/_matrix/client/v3/profile/${user.userId}/displayname`;
  if (displayName !== undefined) await user.call('PUT', path, { displayname: displayName });
  return user;
};
const makeRoom = async (user: TestUser, body: object = {}) =>
  (await user.call('POST', '/_matrix/client/v3/createRoom', body)).room_id as string;
const join = (user: TestUser, roomId: string) =>
  user.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/join`, {});

test('a stranger is found only once there is a room in common or one that is public', async () => {
  const stranger = await makeUser('strange1', 'Zoë Strange');
  assert.deepEqual((await search('strange1')).ids, []);
  const hidden = await makeRoom(stranger);
  assert.deepEqual((await search('strange1')).ids, []);
  await stranger.call('POST', `/_matrix/client/v3/rooms/${encodeURIComponent(hidden)}/invite`, {
    user_id: searcher.userId,
  });
  assert.deepEqual((await search('strange1')).ids, [], 'an invitation is no membership');
  await join(searcher, hidden);
  assert.deepEqual((await search('strange1')).ids, ['strange1']);
  const inPublic = await makeUser('strange2');
  await makeRoom(inPublic, { preset: 'public_chat' });
  assert.deepEqual((await search('strange2')).ids, ['strange2']);
});

test('names are found by any part, in any case and script, and their profiles come along', async () => {
  const user = await makeUser('nameless', 'Ärger ÖSTLICH %_\\');
  await user.call('PUT', `/_matrix/client/v3/profile/${user.userId}/avatar_url`, { avatar_url: 'mxc://a.example/b' });
  await makeRoom(user, { preset: 'public_chat' });
  for (const term of ['ärger', 'ÖSTLICH', 'rger', 'NAMELESS', '%_\\', '@nameless:test.example']) {
    const { results } = await search(term);
    assert.deepEqual(
      results,
      [{ user_id: user.userId, display_name: 'Ärger ÖSTLICH %_\\', avatar_url: 'mxc://a.example/b' }],
      term,
    );
  }
  assert.deepEqual((await search('%%')).ids, []);
});

test('the whole word goes before its beginning, and that before the rest; the limit is told', async () => {
  for (const name of ['xxorder', 'order2', 'order', 'order1']) {
    await makeRoom(await makeUser(name), { preset: 'public_chat' });
  }
  const all = await search('order');
  assert.deepEqual([all.ids, all.limited], [['order', 'order1', 'order2', 'xxorder'], false]);
  const two = await search('order', 2);
  assert.deepEqual([two.ids, two.limited], [['order', 'order1'], true]);
  assert.equal((await search('order', 4)).limited, false);
});

test('members of other servers in rooms in common are found by their id', async () => {
  const { context } = homeserver;
  const [shared, other] = [await makeRoom(searcher), await makeRoom(await makeUser('host'))];
  await putRemoteMember(context, shared, '@farfriend:elsewhere.example');
  await putRemoteMember(context, shared, '@farther:elsewhere.example');
  await putRemoteMember(context, other, '@farstranger:elsewhere.example');
  await makeUser('farnobody');
  assert.deepEqual(await search('farf').then(({ ids }) => ids), ['farfriend']);
  assert.deepEqual(await search('far').then(({ ids }) => ids), ['farfriend', 'farther']);
  assert.deepEqual(await search('@farther:elsewhere.example').then(({ ids }) => ids), ['farther']);
  assert.equal((await search('far', 1)).limited, true);
});

test('oneself is found in a public room and not in a private one; deactivated users are not found', async () => {
  const user = await makeUser('gone1');
  await makeRoom(user, { preset: 'private_chat' });
  assert.deepEqual((await search('gone1', 5, user)).ids, []);
  await makeRoom(user, { preset: 'public_chat' });
  assert.deepEqual((await search('gone1', 5, user)).ids, ['gone1']);
  const auth = { type: 'm.login.password', password: user.password };
  await user.call('POST', '/_matrix/client/v3/account/deactivate', { auth });
  assert.deepEqual((await search('gone1')).ids, []);
});

test('a search without a term, or with a limit below 1, is refused', async () => {
  const path = '/_matrix/client/v3/user_directory/search';
  assert.match((await searcher.call('POST', path, {}, 400)).error, /search_term/);
  assert.match((await searcher.call('POST', path, { search_term: 'a', limit: 0 }, 400)).error, /limit/);
  await searcher.call('POST', path, { search_term: 'a', limit: 1e15 });
});
