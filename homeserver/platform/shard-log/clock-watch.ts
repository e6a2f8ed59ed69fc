import type { Log } from '@holdfast/effects/log.ts';
import { type CheckedClock, clockOffsetLimitMs } from '../checked-clock.ts';
import { judgeClocks } from './judge-clocks.ts';
import type { LeasesSeen } from './lease-connection.ts';
import type { ShardLogMetrics } from './shard-log-metrics.ts';

/** A clock that was wrong is right again only below this, so that one at the limit does not come and go. */
const rightAgainMs = clockOffsetLimitMs * 0.8;

/** Judges the clock of this process's machine at each look at the leases, and tells the process what time it is. */
export class ClockWatch {
  readonly #clock: CheckedClock;
  readonly #log: Log;
  readonly #metrics: ShardLogMetrics;
  /** Of the machine, less the database's, as last seen. */
  offsetMs = 0;
  isRight = true;

  constructor(clock: CheckedClock, log: Log, metrics: ShardLogMetrics) {
    this.#clock = clock;
    this.#log = log;
    this.#metrics = metrics;
  }

  /** When the database is asked, for `note`. */
  askedAtMs(): number {
    return this.#clock.monotonicMs();
  }

  /**
   * @param askedAtMs By the monotonic clock, since the machine's may be stepped while the database is asked. It answered
   * somewhere between then and now: a process that waited for a processor meanwhile has learned little, and believes what
   * it believed.
   */
  note({ databaseMs, processes }: LeasesSeen, selfId: string, askedAtMs: number): void {
    if (!Number.isFinite(databaseMs)) return;
    const nowMs = this.#clock.machineMs();
    const most = nowMs - databaseMs;
    const least = most - (this.#clock.monotonicMs() - askedAtMs);
    this.offsetMs = Math.min(most, Math.max(least, this.offsetMs));
    this.#metrics.clockOffset.set({}, this.offsetMs / 1000);
    const others = processes.filter(({ id, live }) => live && id !== selfId);
    const correctionMs = judgeClocks([this.offsetMs, ...others.map(({ clockOffsetMs }) => clockOffsetMs)]);
    this.#clock.setRight(nowMs - this.offsetMs + correctionMs);
    const isRight = Math.abs(this.offsetMs - correctionMs) <= (this.isRight ? clockOffsetLimitMs : rightAgainMs);
    if (isRight === this.isRight) return;
    this.isRight = isRight;
    const seconds = Math.round(this.offsetMs / 1000);
    if (isRight) this.#log.info({ seconds }, "this machine's clock is the database's again");
    else this.#log.error({ seconds }, "this machine's clock is not the database's");
  }
}
