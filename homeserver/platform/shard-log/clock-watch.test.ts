import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLog } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { createCheckedClock } from '../checked-clock.ts';
import { ClockWatch } from './clock-watch.ts';
import { createShardLogMetrics } from './shard-log-metrics.ts';

/** One look: the machine's clock is off by `offByMs`; the question takes `wayMs` there and `backMs` back. */
interface Look {
  readonly offByMs?: number;
  readonly wayMs?: number;
  readonly backMs?: number;
  /** The machine's clock is off by this from the answer on. */
  readonly thenOffByMs?: number;
}

const cases: readonly { says: string; looks: readonly Look[]; isRight: boolean; offsetMs: number }[] = [
  { says: 'a right clock', looks: [{}], isRight: true, offsetMs: 0 },
  { says: 'a clock that is nine minutes fast', looks: [{ offByMs: 540_000 }], isRight: false, offsetMs: 540_000 },
  { says: 'a clock that is nine minutes slow', looks: [{ offByMs: -540_000 }], isRight: false, offsetMs: -540_000 },
  {
    says: 'nine minutes fast, and slow to hear of it',
    ...{ looks: [{ offByMs: 540_000, backMs: 8_000 }], isRight: false, offsetMs: 540_000 },
  },
  {
    says: 'a process that hears of it eight seconds late',
    ...{ looks: [{}, { backMs: 8_000 }, { wayMs: 8_000 }], isRight: true, offsetMs: 0 },
  },
  {
    says: 'six seconds fast, and then eight seconds late',
    ...{ looks: [{ offByMs: 6_000 }, { offByMs: 6_000, backMs: 8_000 }], isRight: false, offsetMs: 6_000 },
  },
  { says: 'put right again', looks: [{ offByMs: 540_000 }, {}], isRight: true, offsetMs: 0 },
  {
    says: 'stepped while it asked, and seen at once',
    ...{ looks: [{ thenOffByMs: 540_000 }], isRight: false, offsetMs: 540_000 },
  },
  {
    says: 'nine minutes slow, and put right while it asked',
    ...{ looks: [{ offByMs: -540_000 }, { offByMs: -540_000, thenOffByMs: 0 }], isRight: true, offsetMs: 0 },
  },
  {
    says: 'nine minutes fast, and put right while it asked for a second',
    looks: [{ offByMs: 540_000 }, { offByMs: 540_000, thenOffByMs: 0, wayMs: 500, backMs: 500 }],
    ...{ isRight: true, offsetMs: 500 },
  },
];

for (const { says, looks, isRight, offsetMs } of cases) {
  test(`the clock of a machine is judged by what is certain: ${says}`, () => {
    const clock = makeManualClock();
    let offByMs = 0;
    const checked = createCheckedClock({ ...clock, wallMs: () => clock.wallMs() + offByMs });
    const metrics = createShardLogMetrics(createMetrics({ processMetrics: false }));
    const watch = new ClockWatch(checked, silentLog, metrics);
    for (const look of looks) {
      offByMs = look.offByMs ?? 0;
      const askedAtMs = watch.askedAtMs();
      clock.advance(look.wayMs ?? 0);
      const databaseMs = clock.wallMs();
      clock.advance(look.backMs ?? 0);
      offByMs = look.thenOffByMs ?? offByMs;
      watch.note({ databaseMs, processes: [], shards: [] }, 'self', askedAtMs);
      // Whatever the machine says, and whenever it was stepped: the time that is given out is right.
      assert.ok(Math.abs(checked.wallMs() - clock.wallMs()) <= 8_000);
      clock.advance(1_000);
    }
    assert.equal(watch.isRight, isRight);
    assert.ok(Math.abs(watch.offsetMs - offsetMs) < 1, String(watch.offsetMs));
  });
}
