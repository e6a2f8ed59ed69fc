import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBeatDue, outsideGraceMs } from './outside-switch.ts';

/** An outside that raises an alarm when no call has come for as long as it allows; gives when, in ms. */
function simulateOutside(
  diesAtMs: number,
  health: (atMs: number) => { isLeader: boolean; lastRoundMs: number | undefined },
) {
  let lastBeatMs: number | undefined;
  for (let atMs = 0; atMs < diesAtMs + 600_000; atMs += 1_000) {
    if (atMs < diesAtMs && isBeatDue({ atMs, lastBeatMs, ...health(atMs) })) lastBeatMs = atMs;
    if (atMs - (lastBeatMs ?? 0) > outsideGraceMs) return atMs;
  }
  return undefined;
}

test('the outside says within three minutes that the monitor is dead, whenever it dies', () => {
  for (let diesAtMs = 60_000; diesAtMs < 90_000; diesAtMs += 1_000) {
    const alarmMs = simulateOutside(diesAtMs, (atMs) => ({ isLeader: true, lastRoundMs: atMs }));
    assert.ok(alarmMs !== undefined && alarmMs - diesAtMs <= 180_000, `${alarmMs}`);
    assert.ok(alarmMs > diesAtMs);
  }
});

test('a monitor whose rounds do not end is as good as dead, although it turns', () => {
  const alarmMs = simulateOutside(900_000, (atMs) => ({ isLeader: true, lastRoundMs: Math.min(atMs, 60_000) }));
  assert.ok(alarmMs !== undefined && alarmMs - 60_000 <= 180_000, `${alarmMs}`);
});

test('a monitor that waits for another one says nothing', () => {
  assert.equal(isBeatDue({ atMs: 0, lastBeatMs: undefined, lastRoundMs: 0, isLeader: false }), false);
});
