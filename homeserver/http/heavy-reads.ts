import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';

/** Of one server: at work or on their way out. */
const mostOfOrigin = 4;
/** Of all servers. */
const mostInAll = 64;
/** Of one server: a server that comes back after an outage asks for the state of many rooms at once. */
const mostWaitingOfOrigin = 20;
const mostWaitingInAll = 500;
const longestWaitMs = 20_000;
const retryAfterMs = 2_000;

interface Waiting {
  readonly timer: Timer;
  start(): void;
}

interface Origin {
  running: number;
  readonly waiting: Waiting[];
}

/**
 * Lets in what other servers ask that costs much: the state of a room and what it rests on. Few at a time of each server,
 * the others of it wait in line; and of all together no more than this process can carry, servers in turn.
 */
export class HeavyReads {
  readonly #clock: Clock;
  /** Those of which something runs or waits, the one that was let in longest ago first. */
  readonly #origins = new Map<string, Origin>();
  #running = 0;
  #waiting = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get running(): number {
    return this.#running;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Resolves when the server's turn has come; the caller calls what it gets once its reply is out. Throws
   * M_LIMIT_EXCEEDED where too many wait, or the turn does not come in time.
   */
  async enter(serverName: string): Promise<() => void> {
    const origin = this.#origins.get(serverName) ?? { running: 0, waiting: [] };
    this.#origins.set(serverName, origin);
    if (origin.running < mostOfOrigin && this.#running < mostInAll) this.#begin(serverName, origin);
    else await this.#waitInLine(serverName, origin);
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#running--;
      origin.running--;
      this.#forgetIdle(serverName, origin);
      this.#letNextIn();
    };
  }

  #begin(serverName: string, origin: Origin): void {
    this.#running++;
    origin.running++;
    // To the end: the others come first.
    this.#origins.delete(serverName);
    this.#origins.set(serverName, origin);
  }

  #forgetIdle(serverName: string, { running, waiting }: Origin): void {
    if (running === 0 && waiting.length === 0) this.#origins.delete(serverName);
  }

  async #waitInLine(serverName: string, origin: Origin): Promise<void> {
    const { waiting } = origin;
    if (waiting.length >= mostWaitingOfOrigin || this.#waiting >= mostWaitingInAll) {
      this.#forgetIdle(serverName, origin);
      throw tooMany();
    }
    this.#waiting++;
    await new Promise<void>((resolve, reject) => {
      const timer = this.#clock.startTimer(longestWaitMs, () => {
        this.#waiting--;
        waiting.splice(waiting.indexOf(entry), 1);
        this.#forgetIdle(serverName, origin);
        reject(tooMany());
      });
      const entry = { timer, start: resolve };
      waiting.push(entry);
    });
  }

  #letNextIn(): void {
    for (const [serverName, origin] of this.#origins) {
      if (origin.running >= mostOfOrigin) continue;
      const next = origin.waiting.shift();
      if (!next) continue;
      next.timer.cancel();
      this.#waiting--;
      this.#begin(serverName, origin);
      next.start();
      return;
    }
  }
}

function tooMany(): MatrixError {
  return new MatrixError('M_LIMIT_EXCEEDED', 'Too many requests for the state of rooms, please ask later', {
    fields: { retry_after_ms: retryAfterMs },
  });
}
