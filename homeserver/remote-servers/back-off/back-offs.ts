import type { Clock } from '../../platform/clock.ts';
import type { Context } from '../../platform/context.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import type { Random } from '../../platform/random.ts';

/** A server that does not answer at the moment. Times are monotonic. */
interface FailingServer {
  readonly sinceMs: number;
  retryAtMs: number;
  lastError: string;
  /** Somebody is trying whether it answers again; the others do not wait for that. */
  isProbed: boolean;
}

export interface BackOffStatus {
  /** For how long it has been failing. */
  readonly failingForMs: number;
  /** 0 when it may be asked now. */
  readonly retryInMs: number;
  /** In words. */
  readonly lastError: string;
}

/** A server is left alone for a twentieth of the time for which it has been failing, within these bounds. */
const patience = 20;
const shortestMs = 5_000;
const longestMs = 3_600_000;
const jitter = 0.25;
const mostFailing = 100_000;

/** Which servers do not answer, and when each may be asked again. */
export class BackOffs {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #failing = new Map<string, FailingServer>();

  constructor({ clock, random }: Context) {
    this.#clock = clock;
    this.#random = random;
  }

  get size(): number {
    return this.#failing.size;
  }

  status(serverName: string): BackOffStatus | undefined {
    const failing = this.#failing.get(serverName);
    if (!failing) return undefined;
    const nowMs = this.#clock.monotonicMs();
    return {
      failingForMs: nowMs - failing.sinceMs,
      retryInMs: failing.isProbed ? shortestMs : Math.max(0, failing.retryAtMs - nowMs),
      lastError: failing.lastError,
    };
  }

  /** Called before a server is asked although it failed last. */
  startProbe(serverName: string): void {
    const failing = this.#failing.get(serverName);
    if (failing) failing.isProbed = true;
  }

  /** The attempt has shown nothing: it was given up, or not made. */
  endProbe(serverName: string): void {
    const failing = this.#failing.get(serverName);
    if (failing) failing.isProbed = false;
  }

  /** A request to the server came to nothing for reasons that would stop any other request too. */
  failed(serverName: string, reason: string): void {
    const nowMs = this.#clock.monotonicMs();
    let failing = this.#failing.get(serverName);
    if (!failing) {
      if (this.#failing.size >= mostFailing) return;
      failing = { sinceMs: nowMs, retryAtMs: nowMs, lastError: reason, isProbed: false };
      this.#failing.set(serverName, failing);
    }
    const waitMs = Math.min(longestMs, Math.max(shortestMs, (nowMs - failing.sinceMs) / patience));
    failing.retryAtMs = nowMs + waitMs * (1 + jitter * (this.#random.fraction() * 2 - 1));
    failing.lastError = reason;
    failing.isProbed = false;
  }

  /** The server answered, or sent something itself. */
  heard(serverName: string): void {
    this.#failing.delete(serverName);
  }
}

export const backOffsOf: PerContext<Context, BackOffs> = perContext((context) => {
  const backOffs = new BackOffs(context);
  context.metrics.observedGauge({
    name: 'holdfast_remote_servers_failing',
    help: 'Other servers that do not answer at the moment.',
    read: () => backOffs.size,
  });
  return backOffs;
});

/** Whether and why a server is not asked at the moment; undefined for one that did not fail last. */
export function readBackOff(context: Context, serverName: string): BackOffStatus | undefined {
  return backOffsOf.of(context).status(serverName);
}

/** Ends a back-off: the server has shown that it is there. */
export function heardFrom(context: Context, serverName: string): void {
  backOffsOf.of(context).heard(serverName);
}
