import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Clock, systemClock } from '@holdfast/effects/clock.ts';
import { createCheckedClock } from './checked-clock.ts';

function open() {
  const machine = { wallMs: 1_000_000, monotonicMs: 500 };
  const clock: Clock = { ...systemClock, wallMs: () => machine.wallMs, monotonicMs: () => machine.monotonicMs };
  const passMs = (ms: number) => {
    machine.wallMs += ms;
    machine.monotonicMs += ms;
  };
  return { machine, passMs, clock: createCheckedClock(clock) };
}

test('a clock that nobody has checked says what the machine says', () => {
  const { clock, machine } = open();
  machine.wallMs += 540_000;
  assert.equal(clock.wallMs(), machine.wallMs);
});

test('a clock that is off by little is believed to the millisecond', () => {
  const { clock, machine } = open();
  clock.setRight(1_004_900);
  assert.equal(clock.wallMs(), machine.wallMs);
});

test('a clock that jumps is left out from that moment on, and is believed again when it is back', () => {
  for (const jumpMs of [540_000, -540_000]) {
    const { clock, machine, passMs } = open();
    clock.setRight(1_000_000);
    machine.wallMs += jumpMs;
    passMs(30_000);
    assert.equal(clock.wallMs(), 1_030_000);
    assert.equal(clock.machineMs(), 1_030_000 + jumpMs);
    machine.wallMs -= jumpMs;
    passMs(1);
    assert.equal(clock.wallMs(), machine.wallMs);
  }
});

test('a clock that has been wrong from the beginning is left out as soon as it is told the time', () => {
  const { clock, passMs } = open();
  clock.setRight(2_000_000);
  passMs(100);
  assert.equal(clock.wallMs(), 2_000_100);
});
