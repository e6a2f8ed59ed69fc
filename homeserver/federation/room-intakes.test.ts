import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../platform/context.ts';
import { makeManualClock } from '../testing/make-manual-clock.ts';
import { type JudgedIntake, RoomIntakes } from './room-intakes.ts';

type Outcome = JudgedIntake & { readonly name?: string };

/** Intakes over commands that are only kept. `isAway`: nothing can be committed. */
function makeIntakes() {
  const clock = makeManualClock();
  const committed: (readonly [name: string, ids: number])[] = [];
  const state = { isAway: false, ofOrigin: 0, inAll: 0 };
  const context = {
    ...{ clock, metrics: createMetrics({ processMetrics: false }), log: { debug: () => {} } },
    database: async () => [{ ofOrigin: state.ofOrigin, inAll: state.inAll }],
    shardLog: {
      async submit({ name }: { name: string }, _shard: number, input: { events?: object[]; identities?: object[] }) {
        if (state.isAway) throw new Error('the database is away');
        committed.push([name, (input.events ?? input.identities ?? []).length]);
      },
    },
  } as unknown as Context;
  const intakes = new RoomIntakes(context);
  /** Events of a room of one server; the work ends as `gate` does. */
  const take = (given: { origin?: string; room?: number; count?: number; isVerified?: boolean } = {}) => {
    const { origin = 'a.test', room: id = 1, count = 1, isVerified = false } = given;
    const gate = Promise.withResolvers<Outcome>();
    const progress = { hasBegun: false };
    const room = { id, roomId: `!${id}`, shard: 0, version: '11' };
    const texts = Array.from({ length: count }, (_, index) => `{"n":${index}}`);
    const taken = intakes.take<Outcome>({ origin, room, texts }, (verified) => {
      progress.hasBegun = true;
      if (isVerified) verified();
      return gate.promise;
    });
    taken.catch(() => {});
    return { taken, gate, progress };
  };
  return { intakes, clock, committed, state, take };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('what is judged soon is not stored beside that', async () => {
  const { take, committed, intakes } = makeIntakes();
  const one = take();
  await settle();
  one.gate.resolve({ keyless: [], name: 'done' });
  assert.equal((await one.taken)?.name, 'done');
  assert.deepEqual([committed, intakes.count], [[], 0]);
});

test('what has no key, however soon that is known, is stored to be judged again, as far as there is room for it', async () => {
  const { take, committed, state } = makeIntakes();
  const keptOf = async (counts: { ofOrigin: number; inAll: number }) => {
    Object.assign(state, counts);
    committed.length = 0;
    const one = take({ count: 3 });
    one.gate.resolve({ keyless: [0, 2], name: 'done' });
    assert.equal((await one.taken)?.name, 'done');
    return [...committed];
  };
  assert.deepEqual(await keptOf({ ofOrigin: 0, inAll: 0 }), [['keep-undecided', 2]]);
  assert.deepEqual(await keptOf({ ofOrigin: 499, inAll: 499 }), [['keep-undecided', 1]]);
  assert.deepEqual(await keptOf({ ofOrigin: 500, inAll: 500 }), []);
  assert.deepEqual(await keptOf({ ofOrigin: 0, inAll: 20_001 }), []);
});

test('what has no key and cannot be stored fails for whoever sent it', async () => {
  const { take, state } = makeIntakes();
  state.isAway = true;
  const one = take();
  one.gate.resolve({ keyless: [0] });
  await assert.rejects(one.taken, { message: 'the database is away' });
});

test('what waits for keys is stored first, and forgotten when it is judged, but for what has no key still', async () => {
  const { take, clock, committed, intakes } = makeIntakes();
  const one = take({ count: 3 });
  await settle();
  clock.advance(800);
  assert.equal(await one.taken, undefined);
  assert.deepEqual([committed, intakes.count], [[['keep-undecided', 3]], 3]);
  one.gate.resolve({ keyless: [1] });
  await settle();
  assert.deepEqual([committed.at(-1), intakes.count], [['forget-undecided', 2], 0]);
});

test('what waits for something else than keys has more time', async () => {
  const { take, clock, committed } = makeIntakes();
  const one = take({ isVerified: true });
  await settle();
  clock.advance(800);
  await settle();
  clock.advance(2_199);
  await settle();
  assert.deepEqual(committed, []);
  clock.advance(1);
  assert.equal(await one.taken, undefined);
  assert.deepEqual(committed, [['keep-undecided', 1]]);
});

test('what comes after in the same room is stored at once, and judged in its turn', async () => {
  const { take, clock, committed } = makeIntakes();
  const first = take();
  await settle();
  clock.advance(800);
  await first.taken;
  const [second, ofOther, inOther] = [take({ count: 2 }), take({ origin: 'b.test' }), take({ room: 2 })];
  assert.equal(await second.taken, undefined);
  assert.deepEqual(committed.at(-1), ['keep-undecided', 2]);
  assert.deepEqual(
    [second, ofOther, inOther].map(({ progress }) => progress.hasBegun),
    [false, true, true],
  );
  first.gate.resolve({ keyless: [] });
  await settle();
  assert.equal(second.progress.hasBegun, true);
});

test('work that fails leaves what was stored, and work that fails soon fails for whoever sent it', async () => {
  const { take, clock, committed, intakes } = makeIntakes();
  const soon = take({ room: 2 });
  soon.gate.reject(new Error('no'));
  await assert.rejects(soon.taken, { message: 'no' });
  const one = take();
  await settle();
  clock.advance(800);
  await one.taken;
  one.gate.reject(new Error('no'));
  await settle();
  assert.deepEqual([committed, intakes.count], [[['keep-undecided', 1]], 0]);
});

test('where nothing can be stored, whoever sends waits for the outcome', async () => {
  const { take, clock, state, intakes } = makeIntakes();
  state.isAway = true;
  const one = take();
  await settle();
  clock.advance(800);
  await settle();
  one.gate.resolve({ keyless: [], name: 'done' });
  assert.deepEqual([(await one.taken)?.name, intakes.count], ['done', 0]);
});

test('with too much that is not judged, whoever sends waits for the outcome, and other servers do not', async () => {
  const { take, clock, committed } = makeIntakes();
  const many = Array.from({ length: 11 }, (_, room) => take({ room, count: 40 }));
  const more = take({ origin: 'b.test', count: 501 });
  const other = take({ origin: 'c.test' });
  await settle();
  clock.advance(800);
  await Promise.all([...many.slice(0, 10), other].map(({ taken }) => taken));
  assert.equal(committed.length, 11);
  for (const { gate } of [...many.slice(10), more]) gate.resolve({ keyless: [], name: 'done' });
  assert.deepEqual([(await many[10]?.taken)?.name, (await more.taken)?.name], ['done', 'done']);
  // Of a room that is slow already no more is stored than there is room for.
  const next = take({ room: 0, count: 101 });
  many[0]?.gate.resolve({ keyless: [] });
  next.gate.resolve({ keyless: [], name: 'in turn' });
  assert.equal((await next.taken)?.name, 'in turn');
});
