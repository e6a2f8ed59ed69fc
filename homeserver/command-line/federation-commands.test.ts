import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { ownKeysOf } from '../remote-servers/keys/own-keys.ts';
import { collectOutput } from '../testing/collect-output.ts';
import { joinFakeMember } from '../testing/join-fake-member.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { createTestRoom, say } from '../testing/room-actions.ts';
import { startFakeServer } from '../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeserver } from '../testing/start-federated-homeservers.ts';
import { makeTestNetwork } from '../testing/test-network.ts';
import { registerUser, request } from '../testing/test-user.ts';
import { runCommandLine } from './run-command-line.ts';

const network = await makeTestNetwork();
let own: FederatedHomeserver;
let other: FederatedHomeserver;
let configFile: string;

before(async () => {
  own = await startAtAddress();
  other = await startAtAddress();
  configFile = join(await makeTestFolder(), 'holdfast.yaml');
  const federation = {
    ca_file: network.caFile,
    private_addresses: ['127.0.0.0/8'],
    key_servers: [],
    deny: ['denied.test'],
  };
  await writeFile(configFile, JSON.stringify({ database: { url: own.databaseUrl }, federation }));
});
after(async () => {
  await own.stop();
  await other.stop();
});

/** A homeserver whose name is its address: the command asks the machine's DNS, which knows nothing of tests. */
async function startAtAddress(): Promise<FederatedHomeserver> {
  const port = await findFreePort();
  const { certificate, key } = await network.writeCertificate(['127.0.0.1']);
  return startFederatedHomeserver(network, `127.0.0.1:${port}`, {
    config: { 'tls.port': port, 'tls.certificate': certificate, 'tls.key': key },
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function run(...args: string[]) {
  const { output, printed, complaints } = collectOutput([]);
  const exitCode = await runCommandLine([...args, '--config', configFile], output);
  return { exitCode, lines: printed().split('\n'), complaints: complaints() };
}

test('a check goes to the other server and back, a line a step, and is well', async () => {
  const { exitCode, lines, complaints } = await run('federation', 'check', other.serverName);
  assert.deepEqual([exitCode, complaints], [0, ''], lines.join('\n'));
  const target = (name: string) => [
    `ok       its name leads to ${name}, where a certificate of 127.0.0.1 is expected`,
    `ok       ${name} (127.0.0.1) has a good certificate, good for N more days`,
  ];
  const { keyId } = other.context.signingKey;
  const shown = lines.map((line) =>
    line.replace(/good for \d+ more/, 'good for N more').replace(/until 2.*/, 'until T'),
  );
  assert.match(shown[2] ?? '', /^ok {7}127\.0\.0\.1:\d+ runs Holdfast "/);
  assert.deepEqual(shown.toSpliced(2, 1), [
    ...target(other.serverName),
    `ok       its keys ${keyId} are good until T`,
    `ok       ${other.serverName} believes our signature`,
    ...target(own.serverName),
    `ok       this server publishes its key ${own.context.signingKey.keyId} there`,
  ]);
});

test('a check of a server that is not there, or may not be, is not well and says what to do', async () => {
  const name = `127.0.0.1:${await findFreePort()}`;
  const away = await run('federation', 'check', name);
  assert.equal(away.exitCode, 1);
  const index = away.lines.findIndex((line) => line.startsWith('problem'));
  assert.match(away.lines[index] ?? '', new RegExp(`^problem {2}${name}: nothing listens there$`));
  assert.match(away.lines[index + 1] ?? '', /^ {9}→ if other servers reach it, look at the firewall/);
  const denied = await run('federation', 'check', 'denied.test');
  assert.deepEqual(
    [denied.exitCode, ...denied.lines],
    [
      1,
      'problem  denied.test is not dealt with',
      '         → see federation.enabled, federation.allow and federation.deny',
    ],
  );
  const { exitCode, complaints } = await run('federation', 'check', 'one.test', 'two.test');
  assert.deepEqual([exitCode, complaints], [1, 'Name one server, such as: holdfast federation check matrix.org']);
});

test('a check without a name goes the way that others go to this server, and no other', async () => {
  const { exitCode, lines } = await run('federation', 'check');
  assert.deepEqual([exitCode, lines.length], [0, 3], lines.join('\n'));
  assert.match(lines[2] ?? '', /^ok {7}this server publishes its key ed25519:\w+ there$/);
});

test('the status shows for which server something waits, since when and why, and who has sent', async () => {
  assert.deepEqual(await run('federation', 'status'), {
    ...{ exitCode: 0, complaints: '' },
    lines: ['sent to: 0 servers, 0 with something that waits', 'received from: 0 servers lately'],
  });
  const user = await registerUser(own.baseUrl, 'anna');
  const fake = await startFakeServer(network, 'gone.test');
  const roomId = await createTestRoom(user, { preset: 'public_chat' });
  await joinFakeMember(own.context, fake, roomId);
  const transaction = { origin: 'gone.test', origin_server_ts: 1, pdus: [], edus: [] };
  const path = '/_matrix/federation/v1/send/1';
  assert.equal((await fake.send(own.baseUrl, own.serverName, 'PUT', path, transaction)).status, 200);
  await fake.stop();
  await say(user, roomId, 'lost?');
  let status = await run('federation', 'status');
  while (!/waiting for/.test(status.lines.join())) status = await run('federation', 'status');
  assert.equal(status.exitCode, 0);
  assert.match(status.lines[0] ?? '', /^sent to: 1 servers, 1 with something that waits$/);
  assert.match(
    status.lines[1] ?? '',
    /^ {2}gone\.test {2}waiting for .* {2}tried again in .* {2}nothing listens there$/,
  );
  assert.match(status.lines[2] ?? '', /^received from: 1 servers lately$/);
  assert.match(status.lines[3] ?? '', /^ {2}gone\.test {2}1 transactions, 0 events, 0 EDUs {2}/);
  assert.equal((await run('federation', 'status', '--wrong')).exitCode, 2);
});

test('a new key is made on record, and is published without a restart', async () => {
  const { exitCode, lines, complaints } = await run('key', 'rotate');
  assert.deepEqual([exitCode, lines.length, complaints], [0, 1, '']);
  const keyId = /^(ed25519:\w+) is published now and signs in 20 seconds, without a restart\.$/.exec(
    lines[0] ?? '',
  )?.[1];
  assert.ok(keyId, lines.join());
  const { keyId: before } = own.context.signingKey;
  await ownKeysOf.of(own.context).look(own.context);
  const { body } = await request(own.baseUrl, 'GET', '/_matrix/key/v2/server');
  assert.deepEqual(Object.keys(body.verify_keys).sort(), [before, keyId].sort());
  assert.equal(own.context.signingKey.keyId, before, 'it does not sign yet');
  const acts = await own.context.database<{ act: string; operator: string }[]>`
    SELECT operation || ' ' || target || ': ' || outcome AS act, operator FROM audit_entry`;
  assert.deepEqual(
    acts.map(({ act }) => act),
    ['rotateKey : done'],
    'what only asks is not on record',
  );
  assert.match(acts[0]?.operator ?? '', /^command line: \S/);
});

test('without a database there is no answer but what to do', async () => {
  const file = join(await makeTestFolder(), 'holdfast.yaml');
  await writeFile(file, JSON.stringify({ data_dir: join(await makeTestFolder(), 'nothing') }));
  for (const words of [
    ['federation', 'check', 'one.test'],
    ['federation', 'status'],
    ['key', 'rotate'],
  ]) {
    const { output, printed, complaints } = collectOutput([]);
    assert.equal(await runCommandLine([...words, '--config', file], output), 1);
    assert.equal(printed(), '');
    assert.match(complaints(), /^There is no database in .*nothing yet: start Holdfast once\.$/);
  }
});
