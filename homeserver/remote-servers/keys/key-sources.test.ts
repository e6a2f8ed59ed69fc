import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { VerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { KeyRing, type KeySources, type KnownKey } from './key-ring.ts';
import type { ServerKeys } from './parse-server-keys.ts';

const publicKey = new Uint8Array(32);
const validUntilTs = 1_000;

function keysOf(serverName: string, key: VerifyKey = { publicKey, validUntilTs }): ServerKeys {
  return { serverName, validUntilTs, keys: new Map([['ed25519:a', key]]) };
}

/** A key ring whose sources are what a test says; what is asked of whom is written down. */
function setUp(sources: Partial<KeySources>) {
  const asked: string[] = [];
  const clock = makeManualClock();
  const ring = new KeyRing(clock, {
    own: () => undefined,
    load: async () => new Map(),
    fetchFromNotaries: async () => [],
    ...sources,
    fetch: async (serverName, isAwaited) => {
      asked.push(serverName);
      return sources.fetch?.(serverName, isAwaited);
    },
  });
  const find = async (serverName: string, atTs = 0) =>
    (await ring.find([{ serverName, keyId: 'ed25519:a', atTs }]))(serverName, 'ed25519:a');
  return { ring, clock, asked, find };
}

test('a server that never answers keeps nobody from the keys of another', async () => {
  const { find } = setUp({
    fetch: (serverName) => (serverName === 'hangs' ? new Promise(() => {}) : Promise.resolve(keysOf(serverName))),
  });
  void find('hangs');
  assert.ok(await find('answers'));
});

test('a key is fetched again when it is needed for later than it is good, and not before', async () => {
  const { clock, asked, find } = setUp({
    load: async () => new Map([['a', new Map([['ed25519:a', { publicKey, validUntilTs, isFirstHand: true }]])]]),
    fetch: async (serverName) => keysOf(serverName, { publicKey, validUntilTs: 5_000 }),
  });
  await find('a', 1_000);
  assert.deepEqual(asked, []);
  assert.equal((await find('a', 1_001))?.validUntilTs, 5_000);
  await find('a', 5_001);
  assert.deepEqual(asked, ['a'], 'not twice in ten seconds');
  clock.advance(10_000);
  await find('a', 5_001);
  assert.deepEqual(asked, ['a', 'a']);
});

test('an old key is good for good, and a notary cannot make a key older than it is', async () => {
  const { find, ring } = setUp({
    load: async () => new Map([['a', new Map([['ed25519:a', { publicKey, expiredTs: 10, isFirstHand: false }]])]]),
    fetchFromNotaries: async () => [keysOf('b', { publicKey, validUntilTs: 1 })],
    fetch: async (serverName) => (serverName === 'b' ? keysOf('b') : undefined),
  });
  assert.equal((await find('a', 99))?.expiredTs, 10);
  assert.equal((await find('b', 99_999))?.validUntilTs, validUntilTs);
  assert.equal(ring.size, 2);
});

test('the notaries are asked first when many servers are unknown, else last', async () => {
  const questions: number[] = [];
  const { ring, asked } = setUp({
    fetchFromNotaries: async (wanted) => {
      questions.push(wanted.length);
      return wanted.slice(1).map(({ serverName }) => keysOf(serverName));
    },
  });
  const wanted = Array.from({ length: 40 }, (_, index) => ({ serverName: `s${index}`, keyId: 'ed25519:a', atTs: 0 }));
  const findKey = await ring.find(wanted);
  assert.deepEqual([questions, asked], [[40, 1], ['s0']]);
  assert.ok(findKey('s39', 'ed25519:a'));
  assert.equal(findKey('s0', 'ed25519:a'), undefined);
  await ring.find([{ serverName: 'few', keyId: 'ed25519:a', atTs: 0 }]);
  assert.deepEqual([questions.at(-1), asked.at(-1)], [1, 'few']);
});

const otherKey = new Uint8Array(32).fill(1);

test('what a server said itself stands, whatever a notary says of it later, except that a key was good for longer', async () => {
  const stories: [own: VerifyKey, heard: VerifyKey, kept: VerifyKey][] = [
    [
      { publicKey, validUntilTs },
      { publicKey: otherKey, validUntilTs: 9_000 },
      { publicKey, validUntilTs },
    ],
    [
      { publicKey, validUntilTs },
      { publicKey, expiredTs: 10 },
      { publicKey, validUntilTs },
    ],
    [
      { publicKey, expiredTs: 10 },
      { publicKey, validUntilTs: 9_000 },
      { publicKey, expiredTs: 10 },
    ],
    [
      { publicKey, validUntilTs },
      { publicKey, validUntilTs: 500 },
      { publicKey, validUntilTs },
    ],
    [
      { publicKey, validUntilTs },
      { publicKey, validUntilTs: 9_000 },
      { publicKey, validUntilTs: 9_000 },
    ],
    [
      { publicKey, validUntilTs },
      { publicKey, expiredTs: 9_000 },
      { publicKey, validUntilTs: 9_000 },
    ],
  ];
  for (const [own, heard, kept] of stories) {
    const { ring } = setUp({
      fetch: async (serverName) => keysOf(serverName, own),
      fetchFromNotaries: async () => [keysOf('a', heard)],
    });
    // The other key is one that the server does not name, so that the notary is asked at all.
    const wanted = ['ed25519:a', 'ed25519:b'].map((keyId) => ({ serverName: 'a', keyId, atTs: 0 }));
    const { isFirstHand, ...key } = (await ring.find(wanted))('a', 'ed25519:a') as KnownKey;
    assert.deepEqual([key, isFirstHand], [kept, true], JSON.stringify(heard));
  }
});

test('a server that answers itself corrects what a notary said of it, in memory and from the database', async () => {
  const heard = { publicKey: otherKey, validUntilTs: 9_000 };
  let own: ServerKeys | undefined;
  const { ring, clock, find } = setUp({
    load: async () => new Map([['b', new Map([['ed25519:a', { ...heard, isFirstHand: false }]])]]),
    fetch: async () => own,
    fetchFromNotaries: async (wanted) => wanted.map(({ serverName }) => keysOf(serverName, heard)),
  });
  for (const serverName of ['a', 'b']) {
    assert.deepEqual((await find(serverName))?.publicKey, otherKey);
    own = keysOf(serverName);
    clock.advance(60_000);
    await ring.refresh([serverName]);
    assert.deepEqual(await find(serverName), { publicKey, validUntilTs, isFirstHand: true });
    own = undefined;
  }
});

test('of two notaries the one counts that saw the server later: a key that was given up is not taken up again', async () => {
  const answers: VerifyKey[] = [
    { publicKey, validUntilTs: 10 },
    { publicKey, validUntilTs: 5 },
    { publicKey, validUntilTs: 20 },
    { publicKey, expiredTs: 15 },
    { publicKey, validUntilTs: 9_000 },
  ];
  const seen: unknown[] = [];
  const { find } = setUp({ fetchFromNotaries: async () => [keysOf('a', answers[seen.length])] });
  for (const _ of answers) {
    const key = await find('a', 8_000);
    seen.push(key?.expiredTs ?? key?.validUntilTs);
  }
  assert.deepEqual(seen, [10, 10, 20, 15, 15]);
});
