import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestContext, type TestContext } from '../../testing/start-test-context.ts';
import { readPublishedKeys, readServerKeys } from './read-server-keys.ts';
import { deleteUnusedServerKeys, noteServerKeysUsed, saveServerKeys } from './write-server-keys.ts';

let server: TestContext;
before(async () => {
  server = await startTestContext();
});
after(() => server.stop());

/** Keys of a server that were used so many days ago. */
async function saveKeys(serverName: string, usedDaysAgo: number): Promise<void> {
  const { database } = server.context;
  const keys = ['ed25519:a', 'ed25519:b'].map((keyId) => ({
    ...{ keyId, publicKey: new Uint8Array(32), validUntilTs: 1, expiredTs: null },
  }));
  await saveServerKeys(database, { serverName, answer: '{}', validUntilTs: 1, fetchedTs: 1, isFirstHand: true, keys });
  await database`UPDATE remote_server_keys SET used_at = used_at - make_interval(days => ${usedDaysAgo})
    WHERE server_name = ${serverName}`;
}

async function known(): Promise<string[]> {
  const { database } = server.context;
  const names = ['fresh.test', 'used.test', 'old.test', 'older.test'];
  const [keys, published] = await Promise.all([readServerKeys(database, names), readPublishedKeys(database, names)]);
  const servers = new Set(keys.map(({ serverName }) => serverName));
  assert.deepEqual(servers, new Set(published.map(({ serverName }) => serverName)));
  return names.filter((name) => servers.has(name));
}

test('keys that nobody has used for long are forgotten, those used longest ago first, and no others', async () => {
  const { database } = server.context;
  await saveKeys('fresh.test', 0);
  for (const name of ['used.test', 'old.test', 'older.test']) await saveKeys(name, name === 'older.test' ? 500 : 400);
  await noteServerKeysUsed(database, ['used.test']);
  const rule = { unusedDays: 365, mostServers: 10 };
  assert.equal(await deleteUnusedServerKeys(database, { ...rule, limit: 1 }), 1);
  assert.deepEqual(await known(), ['fresh.test', 'used.test', 'old.test']);
  assert.equal(await deleteUnusedServerKeys(database, { ...rule, limit: 10 }), 1);
  assert.deepEqual(await known(), ['fresh.test', 'used.test']);
  assert.equal(await deleteUnusedServerKeys(database, { ...rule, limit: 10 }), 0);
});

test('of more servers than may be, those used longest ago are forgotten', async () => {
  const { database } = server.context;
  await saveKeys('fresh.test', 0);
  await saveKeys('old.test', 20);
  await saveKeys('used.test', 10);
  assert.equal(await deleteUnusedServerKeys(database, { unusedDays: 365, mostServers: 2, limit: 10 }), 1);
  assert.deepEqual(await known(), ['fresh.test', 'used.test']);
});

test('what a notary says of a server changes nothing that the server has said itself', async () => {
  const { database } = server.context;
  const say = (answer: string, isFirstHand: boolean) =>
    saveServerKeys(database, {
      ...{ serverName: 'said.test', answer, validUntilTs: 1, fetchedTs: 1, isFirstHand },
      keys: [{ keyId: 'ed25519:a', publicKey: Buffer.from(answer), validUntilTs: 1, expiredTs: null }],
    });
  const remembered = async () => {
    const [key] = await readServerKeys(database, ['said.test']);
    const [published] = await readPublishedKeys(database, ['said.test']);
    return [String(key?.publicKey), key?.isFirstHand, published?.answer];
  };
  await say('heard', false);
  assert.deepEqual(await remembered(), ['heard', false, 'heard']);
  await say('heard again', false);
  assert.deepEqual(await remembered(), ['heard again', false, 'heard again']);
  await say('said', true);
  await say('heard', false);
  assert.deepEqual(await remembered(), ['said', true, 'said']);
  await say('said again', true);
  assert.deepEqual(await remembered(), ['said again', true, 'said again']);
});
