import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { readCacheAgeMs, type WellKnownAnswer, WellKnownFiles } from './well-known.ts';

const [second, minute, hour] = [1_000, 60_000, 3_600_000];

function setUp() {
  const clock = makeManualClock();
  const state = { answer: ok('{"m.server":"b.org"}') as WellKnownAnswer | Error, asked: 0 };
  const files = new WellKnownFiles(async () => {
    state.asked++;
    if (state.answer instanceof Error) throw state.answer;
    return state.answer;
  }, clock);
  const find = async () => (await files.findDelegate('a.org', startDeadline(1_000, 'reading', { clock })))?.hostname;
  /** Whether it is asked for again when so much time has passed. */
  const asksAfter = async (durationMs: number) => {
    clock.advance(durationMs);
    const before = state.asked;
    await find();
    return state.asked > before;
  };
  return { clock, state, find, asksAfter };
}

function ok(body: string, headers: Record<string, string> = {}): WellKnownAnswer {
  return { status: 200, headers, body: new TextEncoder().encode(body) };
}

test('a file is kept for a day, or for as long as it says, five minutes to two days', async () => {
  for (const [headers, keptMs] of [
    [{}, 24 * hour],
    [{ 'cache-control': 'public, max-age=7200' }, 2 * hour],
    [{ 'cache-control': 'max-age=1' }, 5 * minute],
    [{ 'cache-control': 'no-store' }, 5 * minute],
    [{ 'cache-control': 'max-age=999999999' }, 48 * hour],
    [{ expires: new Date(Date.UTC(2026, 0, 1, 3)).toUTCString() }, 3 * hour],
    [{ expires: '0' }, 5 * minute],
  ] as const) {
    const { state, find, asksAfter } = setUp();
    state.answer = ok('{"m.server":"b.org"}', headers);
    assert.equal(await find(), 'b.org');
    assert.equal(await asksAfter(keptMs - second), false, JSON.stringify(headers));
    assert.equal(await asksAfter(2 * second), true, JSON.stringify(headers));
  }
});

test('what is no file that counts leads nowhere, and is asked for again after longer and longer times', async () => {
  for (const answer of [
    { ...ok('{"m.server":"b.org"}'), status: 404 },
    ...['', '[]', '{}', '{"m.server":1}', '{"m.server":"b org"}', '{"m.server":"https://b.org"}'].map((body) =>
      ok(body),
    ),
    ok(`{"m.server":"${'b'.repeat(300)}.org"}`),
  ]) {
    const { state, find, asksAfter } = setUp();
    state.answer = answer;
    assert.equal(await find(), undefined);
    assert.equal(await asksAfter(5 * minute - second), false);
    assert.equal(await asksAfter(2 * second), true);
    assert.equal(await asksAfter(10 * minute - second), false);
    assert.equal(await asksAfter(2 * second), true);
    for (let turn = 0; turn < 5; turn++) await asksAfter(hour);
    assert.equal(await asksAfter(hour - second), false, 'an hour at most');
  }
});

test('silence is soon followed by another question', async () => {
  const { state, find, asksAfter } = setUp();
  state.answer = new Error('it does not answer');
  assert.equal(await find(), undefined);
  assert.equal(await asksAfter(9 * second), false);
  assert.equal(await asksAfter(2 * second), true);
});

test('a file that counted is used on while the next one cannot be read', async () => {
  const { clock, state, find } = setUp();
  state.answer = ok('{"m.server":"b.org"}', { 'cache-control': 'max-age=3600' });
  await find();
  state.answer = new Error('it does not answer');
  clock.advance(2 * hour);
  assert.equal(await find(), 'b.org');
  clock.advance(47 * hour);
  assert.equal(await find(), undefined);
});

test('many who want the same file at once ask once', async () => {
  const { state, find } = setUp();
  assert.deepEqual(await Promise.all([find(), find(), find()]), ['b.org', 'b.org', 'b.org']);
  assert.equal(state.asked, 1);
});

test('headers that say nothing leave the default', () => {
  assert.equal(readCacheAgeMs({}, 0), undefined);
  assert.equal(readCacheAgeMs({ 'cache-control': 'public' }, 0), undefined);
});
