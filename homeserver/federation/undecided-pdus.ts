import type { Timer } from '@holdfast/effects/clock.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { readUndecidedPdus, readUndecidedRooms } from '../storage/federation/read-undecided-pdus.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { forgetUndecided } from './keep-undecided.ts';
import { receivePdusOfRoom } from './receive-pdus.ts';
import { roomIntakes } from './room-intakes.ts';
import { Turns } from './turns.ts';

const tickMs = 1_000;
/** In shards that this process has had for longer; in a new one at once. */
const lookEveryTicks = 5;
/** Whoever received them is at work on those that are younger, unless it has ended. */
const youngMs = 60_000;
const groupsPerLook = 500;
const groupsAtOnce = 8;
const eventsAtOnce = 50;
const firstRetryMs = 10_000;
const keptFailures = 10_000;
const longestRetryMs = 3_600_000;
/** What could not be judged by then is given up. */
const longestMs = 24 * 3_600_000;

interface Group {
  readonly roomId: string;
  readonly origin: string;
}

/**
 * Judges events that were acknowledged before it was known what becomes of them, where the process that received them has
 * ended or could not do it: in the rooms whose shards this process owns.
 */
export class UndecidedPdus {
  readonly #context: Context;
  readonly #turns = new Turns(groupsAtOnce);
  /** Groups that are worked on, or that wait after a failure until a monotonic time. */
  readonly #busy = new Set<string>();
  readonly #failed = new BoundedCache<string, { readonly failures: number; readonly retryAtMs: number }>(keptFailures);
  /** Shards in which this process has looked for young ones. */
  #known: ReadonlySet<number> = new Set();
  #timer: Timer | undefined;
  #ticks = 0;
  #isClosed = false;

  constructor(context: Context) {
    this.#context = context;
  }

  start(): void {
    void this.#look().finally(() => {
      if (!this.#isClosed) this.#timer = this.#context.clock.startTimer(tickMs, () => this.start());
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #look(): Promise<void> {
    try {
      const owned = this.#context.shardLog.ownedShards();
      const isTime = this.#ticks++ % lookEveryTicks === 0;
      const [known, added] = [
        owned.filter((shard) => this.#known.has(shard)),
        owned.filter((shard) => !this.#known.has(shard)),
      ];
      if (isTime) await this.#lookIn(known, youngMs);
      await this.#lookIn(added, 0);
      this.#known = new Set(owned);
    } catch (error) {
      this.#context.log.debug({ err: error }, 'undecided events could not be looked for');
    }
  }

  async #lookIn(shards: readonly number[], minAgeMs: number): Promise<void> {
    if (shards.length === 0) return;
    const groups = await readUndecidedRooms(this.#context, shards, { minAgeMs, most: groupsPerLook });
    for (const group of groups) this.#begin(group);
  }

  #begin(group: Group): void {
    const key = `${group.origin} ${group.roomId}`;
    if (this.#busy.has(key) || roomIntakes.of(this.#context).isBehind(group.origin, group.roomId)) return;
    const failed = this.#failed.get(key);
    if (failed && failed.retryAtMs > this.#context.clock.monotonicMs()) return;
    this.#busy.add(key);
    void this.#judgeAll(group)
      .then((isDone) => this.#finish(key, isDone))
      .catch((error: unknown) => {
        if (!this.#isClosed) this.#context.log.warn({ ...group, err: error }, 'undecided events could not be judged');
        this.#finish(key, false);
      });
  }

  #finish(key: string, isDone: boolean): void {
    this.#busy.delete(key);
    const failures = this.#failed.get(key)?.failures ?? 0;
    if (isDone) this.#failed.delete(key);
    else {
      const waitMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures, 10));
      this.#failed.set(key, {
        failures: failures + 1,
        retryAtMs: this.#context.clock.monotonicMs() + waitMs * (0.75 + this.#context.random.fraction() / 2),
      });
    }
  }

  /** Gives false when some are left that could not be judged. */
  async #judgeAll(group: Group): Promise<boolean> {
    const giveBack = await this.#turns.take();
    try {
      for (;;) {
        if (this.#isClosed) return false;
        const { judged, left } = await this.#judgeSome(group);
        if (left > 0 || judged === 0) return left === 0;
      }
    } finally {
      giveBack();
    }
  }

  async #judgeSome({ roomId, origin }: Group): Promise<{ judged: number; left: number }> {
    const room = await findRoom(this.#context, roomId);
    if (!room) return { judged: 0, left: 0 };
    const rows = await readUndecidedPdus(this.#context, room, origin, eventsAtOnce);
    if (rows.length === 0) return { judged: 0, left: 0 };
    const sent = rows.map(({ text }) => ({ pdu: JSON.parse(text) as JsonObject, text }));
    const judge = () => receivePdusOfRoom(this.#context, origin, roomId, sent);
    const { keyless } = await roomIntakes.of(this.#context).inTurn(origin, roomId, judge);
    const isLeft = new Set(keyless);
    const over = rows.filter(({ ageMs }, index) => !isLeft.has(index) || ageMs > longestMs);
    await forgetUndecided(
      this.#context,
      room,
      over.map(({ identity }) => identity),
    );
    return { judged: over.length, left: rows.length - over.length };
  }
}
