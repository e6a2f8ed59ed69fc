import { setTimeout as wait } from 'node:timers/promises';
import type { Answer, Attempt } from '../checker/history.ts';
import type { DrillRoom, DrillUser } from './populate.ts';
import { sendRequest } from './send-request.ts';

export interface LoadOptions {
  readonly baseUrls: readonly string[];
  readonly rooms: readonly DrillRoom[];
  /** Of all senders together; they send one after another each, so that it is reached only if the servers keep up. */
  readonly eventsPerSecond: number;
  readonly attemptTimeoutMs?: number | undefined;
}

export interface Load {
  /** All requests so far. Times are of performance.now(). */
  readonly attempts: readonly Attempt[];
  /** When each body was first sent. */
  readonly firstAskedMs: ReadonlyMap<string, number>;
  readonly startMs: number;
  acknowledgedCount(): number;
  /** Replies of 500, which are bugs whatever the drill. */
  serverErrors(): readonly string[];
  /** Lets every sender finish what it has begun. Resolves with the time when the load ended. */
  stop(): Promise<number>;
}

/** Clients give up on a process that does not answer, and ask another. */
const defaultAttemptTimeoutMs = 3_000;
const pauseAfterFailureMs = 100;
/** After a failure a client stays with the next process for this long, then returns to its own. */
const awayMs = 4_000;
/** A message whose fate is not known this long after the load's end stays unknown. */
const finishMs = 20_000;

/** Senders that send unique messages as fast as is asked for, and repeat what they got no clear answer to. */
export function startLoad(options: LoadOptions): Load {
  const attempts: Attempt[] = [];
  const firstAskedMs = new Map<string, number>();
  const errors: string[] = [];
  const startMs = performance.now();
  let acknowledged = 0;
  let stoppedMs: number | undefined;
  const senders = options.rooms.flatMap((room) => room.senders.map((user) => ({ room, user })));
  const intervalMs = (senders.length / options.eventsPerSecond) * 1_000;

  const sendOne = async (sender: Sender, count: number) => {
    const body = `${sender.user.userId} ${count}`;
    firstAskedMs.set(body, performance.now());
    for (;;) {
      const told = await sender.send(`t${count}`, body);
      attempts.push({ transaction: `${sender.user.userId} t${count}`, roomId: sender.roomId, body, told });
      if (told.kind === 'acknowledged') acknowledged++;
      if (told.kind === 'unknown' && told.reason.startsWith('500')) errors.push(told.reason);
      if (told.kind !== 'unknown') return;
      if (stoppedMs !== undefined && performance.now() - stoppedMs > finishMs) return;
      await wait(pauseAfterFailureMs);
    }
  };
  const sendAll = async ({ room, user }: (typeof senders)[number], index: number) => {
    const sender = new Sender(user, room.roomId, options, index);
    let nextMs = performance.now() + (index / senders.length) * intervalMs;
    for (let count = 0; stoppedMs === undefined; count++) {
      const aheadMs = nextMs - performance.now();
      if (aheadMs > 0) await wait(aheadMs);
      // What could not be sent during a fault is made up for by at most a second's worth.
      nextMs = Math.max(nextMs + intervalMs, performance.now() - 1_000);
      await sendOne(sender, count);
    }
  };
  const working = Promise.all(senders.map(sendAll));
  return {
    attempts,
    firstAskedMs,
    startMs,
    acknowledgedCount: () => acknowledged,
    serverErrors: () => errors,
    async stop() {
      stoppedMs = performance.now();
      const endMs = stoppedMs;
      await working;
      return endMs;
    },
  };
}

/** A client with a process of its own, which it leaves for a while when that fails. */
class Sender {
  readonly user: DrillUser;
  readonly roomId: string;
  readonly #baseUrls: readonly string[];
  readonly #home: number;
  readonly #attemptTimeoutMs: number;
  #current: number;
  #returnAtMs = 0;

  constructor(user: DrillUser, roomId: string, options: LoadOptions, index: number) {
    const { baseUrls, attemptTimeoutMs = defaultAttemptTimeoutMs } = options;
    this.user = user;
    this.roomId = roomId;
    this.#baseUrls = baseUrls;
    this.#attemptTimeoutMs = attemptTimeoutMs;
    this.#home = index % baseUrls.length;
    this.#current = this.#home;
  }

  async send(transactionId: string, body: string): Promise<Answer> {
    if (performance.now() > this.#returnAtMs) this.#current = this.#home;
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(this.roomId)}/send/m.room.message/${transactionId}`;
    try {
      const reply = await sendRequest(`${this.#baseUrls[this.#current]}${path}`, 'PUT', {
        token: this.user.token,
        body: { msgtype: 'm.text', body },
        timeoutMs: this.#attemptTimeoutMs,
      });
      const { status } = reply;
      if (status === 200) return { kind: 'acknowledged', eventId: reply.body.event_id, atMs: performance.now() };
      const reason = `${status} ${JSON.stringify(reply.body)}`;
      if (status < 500 && status !== 429) return { kind: 'refused', reason };
      this.#goElsewhere();
      return { kind: 'unknown', reason };
    } catch (error) {
      this.#goElsewhere();
      return { kind: 'unknown', reason: (error as Error).message };
    }
  }

  #goElsewhere(): void {
    this.#current = (this.#current + 1) % this.#baseUrls.length;
    this.#returnAtMs = performance.now() + awayMs;
  }
}
