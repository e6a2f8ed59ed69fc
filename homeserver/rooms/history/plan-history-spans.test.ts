import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateFromTheBeginning as start } from '../../storage/rooms/read-state.ts';
import { planHistorySpans, type SpanEvent } from './plan-history-spans.ts';

const at = (position: number): SpanEvent => ({ eventId: `$${position}`, position, membership: null });
/** What was there: it holds from the beginning on. */
const old = at(-1);

test('state that history does not change costs nothing', () => {
  assert.deepEqual(planHistorySpans(old, { before: old, changes: [] }, -10, undefined), {
    moveTo: undefined,
    spans: [],
  });
  const nothing = { before: undefined, changes: [] };
  assert.deepEqual(planHistorySpans(undefined, nothing, -10, undefined), { moveTo: undefined, spans: [] });
});

test('what another event had been holds up to the end of the stretch', () => {
  const plan = planHistorySpans(old, { before: at(-2), changes: [] }, -10, undefined);
  assert.deepEqual(plan, { moveTo: -9, spans: [{ ...at(-2), from: start, to: -9 }] });
});

test('an event of the stretch that is what held from the beginning on begins that span', () => {
  const same = at(-15);
  const plan = planHistorySpans(same, { before: undefined, changes: [same] }, -10, undefined);
  assert.deepEqual(plan, { moveTo: -15, spans: [] });
});

test('each change in the stretch is a span', () => {
  const plan = planHistorySpans(old, { before: at(-2), changes: [at(-20), at(-15)] }, -10, undefined);
  assert.deepEqual(plan, {
    moveTo: -9,
    spans: [
      { ...at(-2), from: start, to: -20 },
      { ...at(-20), from: -20, to: -15 },
      { ...at(-15), from: -15, to: -9 },
    ],
  });
});

test('state that was over before the rest began is a span of its own', () => {
  const plan = planHistorySpans(undefined, { before: undefined, changes: [at(-20)] }, -10, undefined);
  assert.deepEqual(plan, { moveTo: undefined, spans: [{ ...at(-20), from: -20, to: -9 }] });
});

test('in a filled gap what differs holds in the gap only', () => {
  const plan = planHistorySpans(old, { before: at(-2), changes: [at(-20)] }, -10, -30);
  assert.deepEqual(plan, {
    moveTo: -9,
    spans: [
      { ...old, from: start, to: -30 },
      { ...at(-2), from: -30, to: -20 },
      { ...at(-20), from: -20, to: -9 },
    ],
  });
  const none = planHistorySpans(undefined, { before: at(-2), changes: [] }, -10, -30);
  assert.deepEqual(none, { moveTo: undefined, spans: [{ ...at(-2), from: -30, to: -9 }] });
  const absent = planHistorySpans(old, { before: undefined, changes: [] }, -10, -30);
  assert.deepEqual(absent, { moveTo: -9, spans: [{ ...old, from: start, to: -30 }] });
});
