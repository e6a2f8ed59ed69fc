import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { splitRefused } from './split-refused.ts';

/** Sends items, events before EDUs, to a server that refuses whatever holds one of `bad`, until nothing moves any more. */
async function sendAll(counts: { readonly pdus: number; readonly edus: number }, bad: ReadonlySet<string>) {
  const all = [
    ...Array.from({ length: counts.pdus }, (_, index) => `pdu ${index}`),
    ...Array.from({ length: counts.edus }, (_, index) => `edu ${index}`),
  ];
  const [taken, dropped]: [Set<string>, string[]] = [new Set(), []];
  let [items, requests] = [all, 0];
  const take = (part: readonly string[]) => {
    requests++;
    if (part.some((item) => bad.has(item))) return false;
    for (const item of part) taken.add(item);
    return true;
  };
  for (;;) {
    if (items.length === 0 || take(items)) return { taken, dropped, waiting: [], requests };
    const batch = items;
    const pdus = batch.filter((item) => item.startsWith('pdu')).length;
    const outcome = await splitRefused(
      { pdus, edus: batch.length - pdus },
      {
        send: async (first, end) => take(batch.slice(first, end)),
        acknowledge: async (end) => {
          items = batch.slice(end);
        },
        leaveOut: async (item) => {
          dropped.push(batch[item] ?? '');
          items = batch.slice(item + 1);
        },
      },
    );
    if (outcome === 'all-refused') return { taken, dropped, waiting: items, requests };
  }
}

test('one item that is refused is dropped, and everything else is sent', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(50), fc.nat(100), fc.nat(), async (pdus, edus, choice) => {
      fc.pre(pdus + edus > 1);
      const isPdu = choice % (pdus + edus) < pdus;
      const item = choice % (pdus + edus);
      const bad = isPdu ? `pdu ${item}` : `edu ${item - pdus}`;
      const { taken, dropped, waiting, requests } = await sendAll({ pdus, edus }, new Set([bad]));
      assert.deepEqual([dropped, waiting], [[bad], []]);
      assert.equal(taken.size, pdus + edus - 1);
      assert.ok(requests <= 14, `${requests} requests`);
    }),
  );
});

test('whatever is refused, nothing that the server would take is dropped, and all of it arrives where anything does', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 60 }), fc.nat(60), async (flags, most) => {
      const pdus = Math.min(most, flags.length);
      const name = (index: number) => (index < pdus ? `pdu ${index}` : `edu ${index - pdus}`);
      const bad = new Set(flags.flatMap((isBad, index) => (isBad ? name(index) : [])));
      const { taken, dropped, waiting } = await sendAll({ pdus, edus: flags.length - pdus }, bad);
      for (const item of dropped) assert.ok(bad.has(item));
      assert.equal(taken.size + dropped.length + waiting.filter((item) => !taken.has(item)).length, flags.length);
      if (taken.size === 0) assert.deepEqual(dropped, []);
    }),
  );
});

test('where everything is refused nothing is dropped, and few requests are made', async () => {
  const all = { pdus: 50, edus: 100 };
  const everything = new Set(Array.from({ length: 100 }, (_, index) => [`pdu ${index}`, `edu ${index}`]).flat());
  const { dropped, waiting, requests } = await sendAll(all, everything);
  assert.deepEqual([dropped, waiting.length], [[], 150]);
  assert.ok(requests <= 12, `${requests} requests`);
});

test('a transaction that is only too large is sent in parts', async () => {
  const sent: [number, number][] = [];
  const outcome = await splitRefused(
    { pdus: 50, edus: 0 },
    {
      send: async (first, end) => {
        if (end - first > 30) return false;
        sent.push([first, end]);
        return true;
      },
      acknowledge: async () => {},
      leaveOut: () => assert.fail('nothing is to be left out'),
    },
  );
  assert.equal(outcome, 'sent');
  assert.deepEqual(
    sent.map(([first]) => first),
    [0, ...sent.slice(0, -1).map(([, end]) => end)],
  );
  assert.equal(sent.at(-1)?.[1], 50);
});

test('an EDU that is taken is no reason to drop one of several events that are all refused', async () => {
  const bad = new Set(['pdu 0', 'pdu 1', 'pdu 2']);
  const { taken, dropped } = await sendAll({ pdus: 3, edus: 2 }, bad);
  assert.deepEqual([[...taken], dropped], [[], []]);
});
