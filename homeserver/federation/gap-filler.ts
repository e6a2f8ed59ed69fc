import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../platform/context.ts';
import { backOffsOf } from '../remote-servers/back-off/back-offs.ts';
import { findRoom } from '../storage/names/room-names.ts';
import { readRoomsWithWaiting } from '../storage/rooms/read-room-loose-ends.ts';
import { type GapFillerOfProcess, gapFillers } from './fill-gaps.ts';
import { fillRoomGaps, type GapOutcome } from './fill-room-gaps.ts';
import { Turns } from './turns.ts';

const tickMs = 1_000;
/** Every so many ticks the table is asked: for what another process left behind, and what nobody told of. */
const lookEveryTicks = 5;
const roomsAtOnce = 8;
const firstRetryMs = 5_000;
const longestRetryMs = 3_600_000;
/** After an attempt, when more of the room comes: its server is there, and may be able to help now. */
const wokenRetryMs = 1_000;

interface RoomWork {
  /** The attempt that is under way. */
  attempt: Promise<void> | undefined;
  /** More came while it ran. */
  isWanted: boolean;
  failures: number;
  /** Of the last attempt; monotonic. */
  endedAtMs: number;
  /** Monotonic. */
  retryAtMs: number;
}

/**
 * Fetches the events that others wait for, in the rooms whose shards this process owns. A room is worked on by one
 * worker; rooms do not wait for each other, as far as there are not too many of them.
 */
export class GapFiller implements GapFillerOfProcess {
  readonly #context: Context;
  readonly #rooms = new Map<string, RoomWork>();
  readonly #turns = new Turns(roomsAtOnce);
  readonly #closing = new AbortController();
  #timer: Timer | undefined;
  #unsubscribe: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  #ticks = 0;
  #isLooking = false;

  constructor(context: Context) {
    this.#context = context;
    context.metrics.observedGauge({
      name: 'holdfast_federation_rooms_with_gaps',
      help: 'Rooms of this process in which events wait for others that are being fetched.',
      read: () => this.#rooms.size,
    });
  }

  start(): void {
    gapFillers.of(this.#context).filler = this;
    this.#unsubscribe = this.#context.shardLog.tail.subscribe((_shard, entries) => {
      for (const entry of entries) if (entry.kind === 'room-state') this.#roomIsNew(entry.shard, entry.body.roomId);
    });
    // A server that is there again may be the one that can help.
    this.#stopListening = backOffsOf.of(this.#context).onHeard(() => {
      for (const work of this.#rooms.values()) work.retryAtMs = 0;
    });
    this.#tick();
  }

  close(): void {
    this.#closing.abort();
    this.#timer?.cancel();
    this.#unsubscribe?.();
    this.#stopListening?.();
  }

  /** What came while this server was joining has waited for it. */
  #roomIsNew(shard: number, roomId: string): void {
    if (!this.#context.shardLog.ownedShards().includes(shard)) return;
    this.#workOf(roomId).retryAtMs = 0;
    void this.wake(roomId);
  }

  async wake(roomId: string): Promise<void> {
    const work = this.#workOf(roomId);
    work.retryAtMs = Math.min(work.retryAtMs, work.endedAtMs + wokenRetryMs);
    if (work.attempt) {
      work.isWanted = true;
      return;
    }
    if (work.retryAtMs > this.#context.clock.monotonicMs()) return;
    await this.#run(roomId, work);
  }

  #workOf(roomId: string): RoomWork {
    let work = this.#rooms.get(roomId);
    if (!work) {
      work = { attempt: undefined, isWanted: false, failures: 0, endedAtMs: 0, retryAtMs: 0 };
      this.#rooms.set(roomId, work);
    }
    return work;
  }

  async #run(roomId: string, work: RoomWork): Promise<void> {
    if (this.#closing.signal.aborted) return;
    work.isWanted = false;
    const attempt = this.#fill(roomId)
      .then((outcome) => this.#finish(roomId, work, outcome))
      .catch((error: unknown) => {
        if (!this.#closing.signal.aborted) this.#context.log.warn({ roomId, err: error }, 'a gap was not filled');
        this.#finish(roomId, work, 'stuck');
      });
    work.attempt = attempt;
    await attempt;
  }

  async #fill(roomId: string): Promise<GapOutcome> {
    const giveBack = await this.#turns.take();
    try {
      const room = await findRoom(this.#context, roomId);
      return room ? await fillRoomGaps(this.#context, room, this.#closing.signal) : 'filled';
    } finally {
      giveBack();
    }
  }

  #finish(roomId: string, work: RoomWork, outcome: GapOutcome): void {
    work.attempt = undefined;
    if (outcome === 'filled') {
      this.#rooms.delete(roomId);
      if (work.isWanted) void this.wake(roomId);
      return;
    }
    if (outcome === 'more') {
      // Others have their turn in between.
      work.failures = 0;
      work.retryAtMs = 0;
      return;
    }
    const waitMs = Math.min(longestRetryMs, firstRetryMs * 3 ** Math.min(work.failures, 8));
    work.failures++;
    work.endedAtMs = this.#context.clock.monotonicMs();
    work.retryAtMs = work.endedAtMs + waitMs * (0.75 + this.#context.random.fraction() / 2);
  }

  #tick(): void {
    if (this.#ticks++ % lookEveryTicks === 0) void this.#look();
    const nowMs = this.#context.clock.monotonicMs();
    for (const [roomId, work] of this.#rooms)
      if (!work.attempt && work.retryAtMs <= nowMs) void this.#run(roomId, work);
    this.#timer = this.#context.clock.startTimer(tickMs, () => {
      if (!this.#closing.signal.aborted) this.#tick();
    });
  }

  /** Finds the rooms in the tables; forgets those that have another owner now. */
  async #look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const found = new Set<string>();
      for (const shard of this.#context.shardLog.ownedShards()) {
        for (const { roomId } of await readRoomsWithWaiting(this.#context, shard)) found.add(roomId);
      }
      for (const [roomId, work] of this.#rooms) if (!found.has(roomId) && !work.attempt) this.#rooms.delete(roomId);
      for (const roomId of found) if (!this.#rooms.has(roomId)) void this.wake(roomId);
    } catch (error) {
      this.#context.log.debug({ err: error }, 'rooms with gaps could not be looked for');
    } finally {
      this.#isLooking = false;
    }
  }
}
