import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../../../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../../../testing/test-user.ts';

let homeserver: TestHomeserver;
let user: TestUser;
let other: TestUser;
before(async () => {
  homeserver = await startTestHomeserver();
  user = await registerUser(homeserver.baseUrl, 'uma');
  other = await registerUser(homeserver.baseUrl, 'other');
});
after(() => homeserver.stop());

const room = '!room:test.example';
const mine = () => `/_matrix/client/v3/user/${user.userId}`;

test('account data is stored and read, globally and per room, apart from each other', async () => {
  const global = `${mine()}/account_data/org.example`;
  const inRoom = `${mine()}/rooms/${room}/account_data/org.example`;
  assert.equal((await user.call('GET', global, undefined, 404)).errcode, 'M_NOT_FOUND');
  await user.call('PUT', global, { a: 1, text: 'with NUL \0 in it' });
  await user.call('PUT', inRoom, { b: 2 });
  await user.call('PUT', inRoom, { b: 3 });
  assert.deepEqual(await user.call('GET', global), { a: 1, text: 'with NUL \0 in it' });
  assert.deepEqual(await user.call('GET', inRoom), { b: 3 });
});

test('account data of others, of the server, and of no room is refused', async () => {
  for (const [method, path, status, errcode] of [
    ['PUT', `/_matrix/client/v3/user/${other.userId}/account_data/a`, 403, 'M_FORBIDDEN'],
    ['GET', `/_matrix/client/v3/user/${other.userId}/account_data/a`, 403, 'M_FORBIDDEN'],
    ['GET', `/_matrix/client/v3/user/${other.userId}/rooms/${room}/account_data/a`, 403, 'M_FORBIDDEN'],
    ['PUT', `${mine()}/account_data/m.push_rules`, 405, 'M_BAD_JSON'],
    ['PUT', `${mine()}/account_data/m.fully_read`, 405, 'M_BAD_JSON'],
    ['PUT', `${mine()}/rooms/${room}/account_data/m.fully_read`, 405, 'M_BAD_JSON'],
    ['PUT', `${mine()}/rooms/noroom/account_data/a`, 400, 'M_INVALID_PARAM'],
    ['GET', `${mine()}/rooms/noroom/account_data/a`, 400, 'M_INVALID_PARAM'],
    ['PUT', `${mine()}/account_data/${'x'.repeat(300)}`, 400, 'M_INVALID_PARAM'],
  ] as const) {
    const reply = await user.send(method, path, method === 'PUT' ? { body: {} } : {});
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], path);
  }
  const noObject = await user.send('PUT', `${mine()}/account_data/a`, { body: '[]' });
  assert.deepEqual([noObject.status, noObject.body.errcode], [400, 'M_BAD_JSON']);
  const large = await user.send('PUT', `${mine()}/account_data/a`, { body: { a: 'x'.repeat(600_000) } });
  assert.deepEqual([large.status, large.body.errcode], [413, 'M_TOO_LARGE']);
});

test('tags set at the same time are all kept, and removed one by one', async () => {
  const tags = `${mine()}/rooms/${room}/tags`;
  assert.deepEqual(await user.call('GET', tags), { tags: {} });
  await Promise.all(
    ['m.favourite', 'u.work', 'u.home', '__proto__'].map((tag, index) =>
      user.call('PUT', `${tags}/${tag}`, { order: index / 10 }),
    ),
  );
  assert.deepEqual(Object.keys((await user.call('GET', tags)).tags).sort(), [
    '__proto__',
    'm.favourite',
    'u.home',
    'u.work',
  ]);
  await user.call('DELETE', `${tags}/u.work`);
  await user.call('DELETE', `${tags}/__proto__`);
  await user.call('DELETE', `${tags}/u.none`);
  await user.call('PUT', `${tags}/m.favourite`, {});
  assert.deepEqual(await user.call('GET', tags), { tags: { 'u.home': { order: 0.2 }, 'm.favourite': {} } });
  assert.deepEqual(await user.call('GET', `${mine()}/rooms/${room}/account_data/m.tag`), await user.call('GET', tags));
  assert.equal((await user.call('PUT', `${tags}/u.a`, { order: 'first' }, 400)).errcode, 'M_BAD_JSON');
  assert.equal((await user.call('PUT', `${tags}/u.${'a'.repeat(254)}`, {}, 400)).errcode, 'M_INVALID_PARAM');
  assert.equal((await other.call('GET', tags, undefined, 403)).errcode, 'M_FORBIDDEN');
});

test('tags go on where a client has stored nonsense under m.tag', async () => {
  const place = `${mine()}/rooms/!odd:test.example`;
  await user.call('PUT', `${place}/account_data/m.tag`, { tags: ['x'] });
  assert.deepEqual(await user.call('GET', `${place}/tags`), { tags: {} });
  await user.call('PUT', `${place}/tags/u.a`, {});
  assert.deepEqual(await user.call('GET', `${place}/tags`), { tags: { 'u.a': {} } });
});

test('a filter is given back as it was sent, and the same one has the same id', async () => {
  const filter = {
    room: { timeline: { limit: 5, types: ['m.room.message'] } },
    event_fields: ['content.body'],
    x: 1.5,
  };
  const { filter_id: id } = await user.call('POST', `${mine()}/filter`, filter);
  assert.equal((await user.call('POST', `${mine()}/filter`, filter)).filter_id, id);
  assert.deepEqual(await user.call('GET', `${mine()}/filter/${id}`), filter);
  assert.ok(!id.startsWith('{'));
  assert.equal((await user.call('GET', `${mine()}/filter/none`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await other.call('GET', `${mine()}/filter/${id}`, undefined, 403)).errcode, 'M_FORBIDDEN');
  const wrong = await user.call('POST', `${mine()}/filter`, { room: { timeline: { limit: 'x' } } }, 400);
  assert.equal(wrong.errcode, 'M_BAD_JSON');
  assert.match(wrong.error, /limit/);
});

test('push rules are read, added in their place, changed, disabled and deleted', async () => {
  const rules = '/_matrix/client/v3/pushrules/global';
  const all = await user.call('GET', '/_matrix/client/v3/pushrules/');
  assert.deepEqual(await user.call('GET', `${rules}/`), all.global);
  assert.deepEqual(await user.call('GET', rules), all.global);
  assert.equal(all.global.override[0].rule_id, '.m.rule.master');
  await user.call('PUT', `${rules}/content/cake`, { pattern: 'cake', actions: ['notify'] });
  await user.call('PUT', `${rules}/content/pie?after=cake`, { pattern: 'pie', actions: [] });
  await user.call('PUT', `${rules}/content/tea?before=cake`, { pattern: 'tea', actions: [] });
  const content = (await user.call('GET', rules)).content.map((rule: { rule_id: string }) => rule.rule_id);
  assert.deepEqual(content.slice(0, 3), ['tea', 'cake', 'pie']);
  assert.deepEqual(await user.call('GET', `${rules}/content/cake`), {
    ...{ rule_id: 'cake', default: false, enabled: true, pattern: 'cake', actions: ['notify'] },
  });
  await user.call('PUT', `${rules}/content/cake/enabled`, { enabled: false });
  assert.deepEqual(await user.call('GET', `${rules}/content/cake/enabled`), { enabled: false });
  const actions = ['notify', { set_tweak: 'highlight' }];
  await user.call('PUT', `${rules}/underride/.m.rule.message/actions`, { actions });
  assert.deepEqual(await user.call('GET', `${rules}/underride/.m.rule.message/actions`), { actions });
  await user.call('DELETE', `${rules}/content/cake`);
  assert.equal((await user.call('GET', `${rules}/content/cake`, undefined, 404)).errcode, 'M_NOT_FOUND');
  assert.equal((await user.call('GET', `${rules}/postcontent/.a`, undefined, 404)).errcode, 'M_NOT_FOUND');
  const data = await user.call('GET', `${mine()}/account_data/m.push_rules`);
  assert.deepEqual(data, await user.call('GET', '/_matrix/client/v3/pushrules/'));
  assert.equal((await other.call('GET', rules)).content.length, 0, 'the rules of others are as they were');
});

for (const [name, path, body, status, errcode] of [
  ['an unknown kind', 'other/a', { actions: [] }, 400, 'M_INVALID_PARAM'],
  ['a reserved id', 'room/.a', { actions: [] }, 400, 'M_INVALID_PARAM'],
  ['no actions', 'room/a', {}, 400, 'M_MISSING_PARAM'],
  ['a place beside a rule that is not there', 'room/a?before=none', { actions: [] }, 400, 'M_UNKNOWN'],
  ['enabling a rule that is not there', 'room/none/enabled', { enabled: true }, 404, 'M_NOT_FOUND'],
  ['an enabled that is no boolean', 'override/.m.rule.master/enabled', { enabled: 1 }, 400, 'M_BAD_JSON'],
  ['actions that are none', 'override/.m.rule.master/actions', { actions: [5] }, 400, 'M_INVALID_PARAM'],
] as const) {
  test(`a push rule with ${name} is ${status} ${errcode}`, async () => {
    const reply = await user.send('PUT', `/_matrix/client/v3/pushrules/global/${path}`, { body });
    assert.deepEqual([reply.status, reply.body.errcode], [status, errcode], JSON.stringify(reply.body));
  });
}

test('an OpenID token is for the user alone', async () => {
  const reply = await user.call('POST', `${mine()}/openid/request_token`, {});
  assert.deepEqual([reply.token_type, reply.matrix_server_name, reply.expires_in], ['Bearer', 'test.example', 3600]);
  await other.call('POST', `${mine()}/openid/request_token`, {}, 403);
  const info = '/_matrix/federation/v1/openid/userinfo?access_token=';
  assert.deepEqual(await other.call('GET', info + reply.access_token), { sub: user.userId });
  assert.equal((await other.call('GET', `${info}x`, undefined, 401)).errcode, 'M_UNKNOWN_TOKEN');
  await other.call('GET', info + user.accessToken, undefined, 401);
  const asAccess = await user.send('GET', '/_matrix/client/v3/account/whoami', { token: reply.access_token });
  assert.equal(asAccess.status, 401);
});
