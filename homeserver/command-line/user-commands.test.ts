import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { collectOutput } from '../testing/collect-output.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { runCommandLine } from './run-command-line.ts';

let homeserver: TestHomeserver;
let configFile: string;

before(async () => {
  homeserver = await startTestHomeserver({ config: { 'registration.mode': 'token', 'shards.count': 4 } });
  configFile = join(await makeTestFolder(), 'holdfast.yaml');
  const cheap = 'password: { memory_kib: 1024, iterations: 1 }';
  await writeFile(configFile, `database: { url: "${homeserver.databaseUrl}" }\n${cheap}\n`);
});

after(() => homeserver.stop());

async function run(args: readonly string[], secrets: readonly string[] = []) {
  const { output, printed, complaints } = collectOutput(secrets);
  const exitCode = await runCommandLine([...args, '--config', configFile], output);
  return { exitCode, printed: printed(), complaints: complaints() };
}

async function logIn(user: string, password: string): Promise<number> {
  const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user }, password };
  const url = `${homeserver.baseUrl}/_matrix/client/v3/login`;
  return (await fetch(url, { method: 'POST', body: JSON.stringify(body) })).status;
}

async function call(method: string, path: string, body?: object, token = ''): Promise<Record<string, unknown>> {
  const reply = await fetch(`${homeserver.baseUrl}/_matrix/client/v3${path}`, {
    method,
    headers: { authorization: `Bearer ${token}` },
    ...(body && { body: JSON.stringify(body) }),
  });
  assert.equal(reply.status, 200, path);
  return (await reply.json()) as Record<string, unknown>;
}

async function isTokenValid(token: string): Promise<unknown> {
  const path = '/_matrix/client/v1/register/m.login.registration_token/validity';
  const reply = await fetch(`${homeserver.baseUrl}${path}?token=${encodeURIComponent(token)}`);
  return ((await reply.json()) as { valid: unknown }).valid;
}

test('an account that is made while the server runs can log in, and the command takes no shard from it', async () => {
  const shards = homeserver.context.shardLog.ownedShards();
  const { exitCode, printed, complaints } = await run(['user', 'create', 'alice'], ['correct horse']);
  assert.equal(exitCode, 0, complaints);
  assert.equal(printed, 'made @alice:test.example');
  assert.equal(await logIn('alice', 'correct horse'), 200);
  assert.deepEqual(homeserver.context.shardLog.ownedShards(), shards);
});

test('a generated password is printed and works', async () => {
  const { printed } = await run(['user', 'create', '@bob:test.example', '--generate', '--admin']);
  const password = /^password: (\S+)$/m.exec(printed)?.[1] ?? '';
  assert.match(printed, /made @bob:test\.example, an administrator/);
  assert.equal(await logIn('bob', password), 200);
});

test('what is wrong with a new account is said in a sentence', async () => {
  await run(['user', 'create', 'carol'], ['correct horse']);
  assert.match((await run(['user', 'create', 'carol'], ['x'])).complaints, /^@carol:test\.example exists already\.$/);
  assert.match((await run(['user', 'create', 'dave'], ['short'])).complaints, /^A password must have at least 8/);
  assert.match((await run(['user', 'create', 'dave'])).complaints, /^A password must have/);
  assert.match((await run(['user', 'create', 'd@ve'], ['long enough'])).complaints, /^A user name is made of/);
  assert.match((await run(['user', 'create', '@dave:other.example'])).complaints, /is not of this server/);
  assert.match((await run(['user', 'create'])).complaints, /^It takes USER\.$/);
  assert.equal(await logIn('dave', 'long enough'), 403);
});

test('a reset password replaces the old one and ends the sessions', async () => {
  await run(['user', 'create', 'erin'], ['old password']);
  const body = { type: 'm.login.password', identifier: { type: 'm.id.user', user: 'erin' }, password: 'old password' };
  const login = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/login`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  const { access_token: accessToken } = (await login.json()) as { access_token: string };
  const { exitCode, complaints } = await run(['user', 'reset-password', 'erin'], ['new password']);
  assert.equal(exitCode, 0, complaints);
  assert.equal(await logIn('erin', 'old password'), 403);
  assert.equal(await logIn('erin', 'new password'), 200);
  const whoami = await fetch(`${homeserver.baseUrl}/_matrix/client/v3/account/whoami`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  assert.equal(whoami.status, 401);
  assert.match((await run(['user', 'reset-password', 'nobody'], ['x'])).complaints, /There is no account nobody/);
});

test('a deactivated account leaves its rooms and cannot log in, and its name stays taken', async () => {
  await run(['user', 'create', 'gina', '--password-stdin'], ['correct horse']);
  const login = await call('POST', '/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'gina' },
    password: 'correct horse',
  });
  const gina = login.access_token as string;
  await run(['user', 'create', 'hugo'], ['correct horse']);
  const { access_token: hugo } = await call('POST', '/login', {
    type: 'm.login.password',
    identifier: { type: 'm.id.user', user: 'hugo' },
    password: 'correct horse',
  });
  const { room_id: roomId } = await call('POST', '/createRoom', { preset: 'public_chat' }, hugo as string);
  await call('POST', `/join/${String(roomId)}`, {}, gina);
  const { exitCode, printed, complaints } = await run(['user', 'deactivate', 'gina']);
  assert.deepEqual([exitCode, printed], [0, '@gina:test.example is deactivated'], complaints);
  assert.equal(await logIn('gina', 'correct horse'), 403);
  const members = await call('GET', `/rooms/${String(roomId)}/joined_members`, undefined, hugo as string);
  assert.deepEqual(Object.keys(members.joined as object), ['@hugo:test.example']);
  assert.match((await run(['user', 'create', 'gina'], ['correct horse'])).complaints, /exists already/);
  assert.match((await run(['user', 'deactivate', 'gina'])).complaints, /There is no account gina/);
});

test('rights and locks are given and taken', async () => {
  await run(['user', 'create', 'frank'], ['correct horse']);
  assert.equal(
    (await run(['user', 'set-admin', 'frank', 'yes'])).printed,
    '@frank:test.example is an administrator now',
  );
  assert.equal((await run(['user', 'set-locked', 'frank', 'yes'])).printed, '@frank:test.example is locked now');
  assert.notEqual(await logIn('frank', 'correct horse'), 200);
  assert.equal((await run(['user', 'set-locked', 'frank', 'no'])).exitCode, 0);
  assert.equal(await logIn('frank', 'correct horse'), 200);
  assert.match((await run(['user', 'set-admin', 'frank', 'maybe'])).complaints, /"yes" or "no"/);
});

test('registration tokens are made, listed and taken back', async () => {
  const token = (await run(['token', 'create', '--uses', '3', '--expires', '2w'])).printed;
  assert.equal(await isTokenValid(token), true);
  const named = await run(['token', 'create', '--token', 'come-in']);
  assert.equal(named.printed, 'come-in');
  const list = (await run(['token', 'list'])).printed;
  assert.match(list, new RegExp(`^${token} {2}used 0 of 3, until \\d{4}-`, 'm'));
  assert.match(list, /^come-in {2}used 0$/m);
  assert.equal((await run(['token', 'revoke', 'come-in'])).exitCode, 0);
  assert.equal(await isTokenValid('come-in'), false);
  assert.match((await run(['token', 'revoke', 'come-in'])).complaints, /There is no token/);
});

test('a token with values that cannot be is refused', async () => {
  for (const [args, complaint] of [
    [['--uses', '0'], /--uses is a whole number/],
    [['--uses', '1.5'], /--uses is a whole number/],
    [['--expires', '7'], /such as 7d/],
    [['--expires', '0d'], /such as 7d/],
    [['--token', 'not good'], /A registration token is made of/],
  ] as const) {
    const { exitCode, complaints } = await run(['token', 'create', ...args]);
    assert.equal(exitCode, 1);
    assert.match(complaints, complaint);
  }
});

test('what the command line changes stands in the audit log, also when it fails, and without values of options', async () => {
  await run(['user', 'create', 'recorded', '--generate']);
  await run(['user', 'create', 'recorded', '--generate']);
  await run(['token', 'create', '--token', 'very-secret']);
  await run(['token', 'list']);
  const acts = await homeserver.context.database<{ act: string; details: string }[]>`
    SELECT operation || ' ' || target || ': ' || outcome AS act, details FROM audit_entry
    WHERE operator LIKE 'command line: %' ORDER BY id DESC LIMIT 3`;
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['createRegistrationToken : done', 'createUser recorded: failed', 'createUser recorded: done'],
  );
  for (const { details } of acts) assert.doesNotMatch(details, /secret/);
});

test('with no server running the command writes by itself, and leaves the shards free', async () => {
  const alone = await startTestHomeserver();
  const file = join(await makeTestFolder(), 'holdfast.yaml');
  await writeFile(file, `database: { url: "${alone.databaseUrl}" }\n`);
  const stopped = await alone.restart();
  await stopped.stop();
  const { output, printed } = collectOutput(['correct horse']);
  assert.equal(await runCommandLine(['user', 'create', 'alice', '--config', file], output), 0);
  assert.equal(printed(), 'made @alice:test.example');
  const status = collectOutput();
  assert.equal(await runCommandLine(['status', '--config', file], status.output), 1);
  assert.match(status.printed(), /processes: 0\nshards: 1, 1 without an owner/);
  await alone.stop();
});
