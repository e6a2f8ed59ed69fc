import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attemptStuckAfterMs, findStuckDestinations, stuckAfterMs } from './find-stuck.ts';

const now = { monotonicMs: 10_000_000, wallMs: 1_700_000_000_000 };

interface Given {
  readonly failures?: number;
  readonly waitingMs?: number;
  readonly isEmpty?: boolean;
  readonly successAgoMs?: number;
  readonly triedMs?: number;
}

function sender({ failures = 0, waitingMs = stuckAfterMs, isEmpty = false, successAgoMs, triedMs }: Given) {
  return {
    ...{ failures, queue: { isEmpty }, waitingSinceMs: now.monotonicMs - waitingMs },
    triedSinceMs: triedMs === undefined ? undefined : now.monotonicMs - triedMs,
    lastSuccessMs: successAgoMs === undefined ? null : now.wallMs - successAgoMs,
  };
}

const serversOf = (given: Record<string, Given>, overdueMs: Record<string, number> = {}) => {
  const senders = new Map(Object.entries(given).map(([server, each]) => [server, sender(each)]));
  const dormant = new Map(
    Object.entries(overdueMs).map(([server, ms]) => [server, { retryAtMs: now.monotonicMs - ms }]),
  );
  return findStuckDestinations([{ senders, dormant }], now);
};
const names = (...args: Parameters<typeof serversOf>) => serversOf(...args).map(({ server }) => server);

test('a server is stuck when something waits for it for minutes and no attempt has failed', () => {
  assert.deepEqual(names({ 'a.test': {} }), ['a.test']);
  assert.deepEqual(names({ 'a.test': { waitingMs: stuckAfterMs - 1 } }), []);
  assert.deepEqual(names({ 'a.test': { isEmpty: true } }), []);
  assert.deepEqual(names({ 'a.test': { failures: 1, waitingMs: 86_400_000 } }), [], 'it is away');
});

test('a server whose time to be tried again is long over is stuck', () => {
  assert.deepEqual(names({}, { 'a.test': stuckAfterMs, 'b.test': 1_000, 'c.test': -3_600_000 }), ['a.test']);
});

test('a server that was away is stuck when an attempt does not come to an end', () => {
  const away = { failures: 3, waitingMs: 86_400_000 };
  assert.deepEqual(names({ 'a.test': { ...away, triedMs: attemptStuckAfterMs } }), ['a.test']);
  assert.deepEqual(names({ 'a.test': { ...away, triedMs: stuckAfterMs } }), [], 'it waits for its turn');
});

test('those that have waited longest are told, with when something last arrived', () => {
  const many = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [`s${index}.test`, { waitingMs: stuckAfterMs + index }]),
  );
  const told = serversOf({ ...many, 'last.test': { waitingMs: 2 * stuckAfterMs, successAgoMs: 400_000 } });
  assert.equal(told.length, 20);
  assert.deepEqual(told[0], { server: 'last.test', waitingMs: 2 * stuckAfterMs, lastSuccessAgoMs: 400_000 });
  assert.deepEqual(told[1]?.server, 's29.test');
});
