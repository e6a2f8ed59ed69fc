import type { Clock } from '@holdfast/effects/clock.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { Context } from '../../platform/context.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';

/** A server that does not answer at the moment. Times are monotonic. */
interface FailingServer {
  readonly sinceMs: number;
  readonly retryAtMs: number;
  readonly lastError: string;
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

/** A server is left alone for a fortieth of the time for which it has been failing, within these bounds. */
const patience = 40;
const shortestMs = 5_000;
const longestMs = 3_600_000;
const jitter = 0.25;
const mostFailing = 100_000;

/** Which servers do not answer, and when each may be asked again. */
export class BackOffs {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #failing = new Map<string, FailingServer>();
  /** Servers whose state has changed here and is not in the database yet. */
  readonly #unsaved = new Set<string>();
  readonly #listeners = new Set<(serverName: string) => void>();

  constructor({ clock, random }: Pick<Context, 'clock' | 'random'>) {
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
  failed(serverName: string, lastError: string): void {
    const nowMs = this.#clock.monotonicMs();
    const { sinceMs } = this.#failing.get(serverName) ?? { sinceMs: nowMs };
    const waitMs = Math.min(longestMs, Math.max(shortestMs, (nowMs - sinceMs) / patience));
    const retryAtMs = nowMs + waitMs * (1 + jitter * (this.#random.fraction() * 2 - 1));
    if (this.#set(serverName, { sinceMs, retryAtMs, lastError, isProbed: false })) this.#unsaved.add(serverName);
  }

  /** The server answered, or sent something itself. */
  heard(serverName: string): void {
    if (this.#failing.delete(serverName)) {
      this.#unsaved.add(serverName);
      this.#tell(serverName);
    }
  }

  /** Takes over what another process, or this one before its restart, has found out. */
  learn(serverName: string, status: BackOffStatus | undefined): void {
    if (this.#unsaved.has(serverName)) return;
    const known = this.#failing.get(serverName);
    if (!status) {
      if (this.#failing.delete(serverName)) this.#tell(serverName);
      return;
    }
    const nowMs = this.#clock.monotonicMs();
    const { failingForMs, retryInMs, lastError } = status;
    const times = { sinceMs: nowMs - failingForMs, retryAtMs: nowMs + Math.min(retryInMs, longestMs * (1 + jitter)) };
    this.#set(serverName, { ...times, lastError, isProbed: known?.isProbed ?? false });
  }

  /** Takes out what is not in the database yet: servers with their state, undefined when they are well again. */
  takeUnsaved(): Map<string, BackOffStatus | undefined> {
    const taken = new Map([...this.#unsaved].map((serverName) => [serverName, this.status(serverName)]));
    this.#unsaved.clear();
    return taken;
  }

  /** What was taken could not be saved. */
  giveBackUnsaved(serverNames: Iterable<string>): void {
    for (const serverName of serverNames) this.#unsaved.add(serverName);
  }

  /** Calls `listener` for each server that was failing and is there again. Gives what ends that. */
  onHeard(listener: (serverName: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(serverName: string, failing: FailingServer): boolean {
    if (this.#failing.size >= mostFailing && !this.#failing.has(serverName)) return false;
    this.#failing.set(serverName, failing);
    return true;
  }

  #tell(serverName: string): void {
    for (const listener of this.#listeners) listener(serverName);
  }
}

export const backOffsOf: PerContext<Context, BackOffs> = perContext((context) => {
  const backOffs = new BackOffs(context);
  context.metrics.observedGauge({
    name: 'holdfast_remote_servers_failing',
    help: 'Other servers that do not answer at the moment; 100,000 at most are remembered.',
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
