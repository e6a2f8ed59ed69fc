import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import type { Sql } from 'postgres';

export interface WatchOptions {
  readonly clock: Clock;
  /** Between two looks. */
  readonly everyMs: number;
  /** How long nothing is heard before a pool is given up; longer than any statement may take. */
  readonly silenceMs: number;
}

/** A process that was frozen itself gets to read what has arrived meanwhile. */
const secondLookMs = 100;

/**
 * A pool of connections that is given up, and opened anew, when PostgreSQL says nothing any more: a machine that is frozen or
 * gone ends no statement, and the client would wait for it without end, also when another one has taken its place. Who waits
 * is told that the connection is gone.
 */
export function watchPool<Types extends Record<string, unknown>>(
  open: () => Sql<Types>,
  { clock, everyMs, silenceMs }: WatchOptions,
): Sql<Types> {
  let pool = open();
  let timer: Timer | undefined;
  const ending = new AbortController();
  const look = async () => {
    const looked = pool;
    let isHeard = false;
    const hear = () => (isHeard = true);
    const answered = looked`SELECT 1`.then(hear, hear);
    const answer = new AbortController();
    void answered.then(() => answer.abort());
    const signal = AbortSignal.any([answer.signal, ending.signal]);
    await clock.sleep(silenceMs, signal);
    if (!isHeard) await clock.sleep(secondLookMs, signal);
    if (isHeard || ending.signal.aborted) return;
    pool = open();
    await looked.end({ timeout: 0 });
  };
  const schedule = () => {
    if (ending.signal.aborted) return;
    timer = clock.startTimer(everyMs, () => void look().finally(schedule));
  };
  schedule();
  const end: Sql['end'] = (options) => {
    ending.abort();
    timer?.cancel();
    return pool.end(options);
  };
  const shell = (() => {}) as unknown as Sql<Types>;
  return new Proxy(shell, {
    apply: (_, self, parameters) => Reflect.apply(pool as unknown as () => unknown, self, parameters),
    get: (_, key) => (key === 'end' ? end : Reflect.get(pool, key)),
  });
}
