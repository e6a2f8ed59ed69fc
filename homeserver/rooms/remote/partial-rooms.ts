import type { Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { perContext } from '../../platform/per-context.ts';
import type { LogEntry } from '../../platform/shard-log/log-entry.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { type PartialRoom, readPartialRooms, readWholeSince } from '../../storage/rooms/read-partial-rooms.ts';
import { joinedServersOf } from '../joined-servers.ts';
import { completePartialRoom } from './complete-partial-room.ts';
import { handJoinOnToAll } from './hand-join-on.ts';
import { RoomsMissingState } from './rooms-missing-state.ts';

const lookEveryMs = 5_000;
const firstPauseMs = 2_000;
const longestPauseMs = 5 * 60_000;
const roomsSideBySide = 3;
const longestWaitMs = 60_000;
/** So often all servers are asked before one that does not know what the join comes after is joined through. */
const failuresBeforeLastResort = 3;

/**
 * Rooms that were joined with partial state. Each process knows which they are, from the log, and makes those of its own
 * shards whole: one server after another is asked, until one tells all.
 */
export class PartialRooms {
  readonly #context: Context;
  /** Rooms that were joined so, with the position from which on they are whole. */
  readonly #wholeSince = new Map<string, number>();
  /** Of these, some of what was told before they were whole was wrong. */
  readonly #corrected = new Set<string>();
  #partialCount = 0;
  readonly #waiting = new Map<string, Set<() => void>>();
  readonly #running = new Set<string>();
  readonly #failures = new Map<string, { readonly count: number; readonly retryAtMs: number }>();
  #timer: Timer | undefined;
  #lookAtMs = 0;
  #unsubscribe: (() => void) | undefined;
  readonly #missingState: RoomsMissingState;
  #closed = false;

  constructor(context: Context) {
    this.#context = context;
    this.#missingState = new RoomsMissingState(context);
    context.metrics.observedGauge({
      name: 'holdfast_partial_rooms',
      help: 'Rooms of which most members are not known yet, since they were joined a short while ago.',
      read: () => this.#partialCount,
    });
  }

  async start(): Promise<void> {
    this.#closed = false;
    this.#unsubscribe = this.#context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
    for (const { roomId, position, isCorrected } of await readWholeSince(this.#context)) {
      this.#note(roomId, position ?? Infinity, isCorrected);
    }
    this.#scheduleLook(0);
    this.#missingState.start();
  }

  close(): void {
    this.#closed = true;
    this.#missingState.close();
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#unsubscribe?.();
  }

  isPartial(roomId: string): boolean {
    return this.#wholeSince.get(roomId) === Infinity;
  }

  /**
   * For rooms that were joined with partial state: the position of the shard from which on all members are known,
   * Infinity while they are not.
   */
  wholeSince(roomId: string): number | undefined {
    return this.#wholeSince.get(roomId);
  }

  /** As wholeSince, of rooms of which something wrong was told before they were whole. */
  correctedSince(roomId: string): number | undefined {
    return this.#corrected.has(roomId) ? this.#wholeSince.get(roomId) : undefined;
  }

  /**
   * Resolves when all members of the room are known, at once for most rooms. Throws M_UNKNOWN with status 503 after a
   * minute.
   */
  async waitUntilWhole(roomId: string, signal?: AbortSignal): Promise<void> {
    if (!this.isPartial(roomId)) return;
    const { clock } = this.#context;
    const waiting = this.#waiting.get(roomId) ?? new Set();
    this.#waiting.set(roomId, waiting);
    const ended = new AbortController();
    const wake = () => ended.abort();
    waiting.add(wake);
    signal?.addEventListener('abort', wake, { once: true });
    await clock.sleep(longestWaitMs, ended.signal);
    signal?.removeEventListener('abort', wake);
    waiting.delete(wake);
    if (!this.isPartial(roomId)) return;
    throw new MatrixError('M_UNKNOWN', "The room's members are not all known yet, please try again", {
      status: 503,
      fields: { retry_after_ms: 5_000 },
    });
  }

  #follow(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      if (entry.kind !== 'room-state') continue;
      const { roomId, isWhole, isCorrected = false } = entry.body;
      if (!isWhole) {
        this.#note(roomId, Infinity, false);
        this.#scheduleLook(0);
      } else if (this.isPartial(roomId) || isCorrected) this.#completed(roomId, entry.position, isCorrected);
    }
  }

  #note(roomId: string, wholeSince: number, isCorrected: boolean): void {
    if (isCorrected) this.#corrected.add(roomId);
    else this.#corrected.delete(roomId);
    const before = this.isPartial(roomId);
    this.#wholeSince.set(roomId, wholeSince);
    this.#partialCount += Number(this.isPartial(roomId)) - Number(before);
  }

  #completed(roomId: string, position: number, isCorrected: boolean): void {
    this.#note(roomId, position, isCorrected);
    this.#failures.delete(roomId);
    const waiting = this.#waiting.get(roomId);
    this.#waiting.delete(roomId);
    for (const wake of waiting ?? []) wake();
  }

  /** Looks after so long, unless that is about to be done sooner. */
  #scheduleLook(afterMs: number): void {
    const { clock } = this.#context;
    const lookAtMs = clock.monotonicMs() + afterMs;
    if (this.#closed || (this.#timer && this.#lookAtMs <= lookAtMs)) return;
    this.#timer?.cancel();
    this.#lookAtMs = lookAtMs;
    this.#timer = clock.startTimer(afterMs, () => {
      this.#timer = undefined;
      this.#look()
        .catch((error: unknown) => this.#context.log.warn({ err: error }, 'partial rooms could not be looked at'))
        .finally(() => this.#scheduleLook(lookEveryMs));
    });
  }

  async #look(): Promise<void> {
    if (this.#partialCount === 0) return;
    const owned = new Set(this.#context.shardLog.ownedShards());
    for (const room of await readPartialRooms(this.#context)) {
      const { retryAtMs } = this.#failures.get(room.roomId) ?? { retryAtMs: 0 };
      if (!owned.has(room.shard) || this.#running.has(room.roomId)) continue;
      if (this.#running.size >= roomsSideBySide || this.#context.clock.monotonicMs() < retryAtMs) continue;
      void this.#run(room);
    }
  }

  async #run(room: PartialRoom): Promise<void> {
    const { roomId } = room;
    this.#running.add(roomId);
    try {
      const isDone = await this.#complete(room);
      if (!isDone) this.#noteFailure(roomId);
    } catch (error) {
      this.#noteFailure(roomId);
      this.#context.log.error({ err: error, roomId }, 'a partial room could not be made whole');
    } finally {
      this.#running.delete(roomId);
    }
    if (this.#partialCount > 0) this.#scheduleLook(this.#failures.has(roomId) ? lookEveryMs : 0);
  }

  async #complete(room: PartialRoom): Promise<boolean> {
    const { roomId } = room;
    const isLastResort = (this.#failures.get(roomId)?.count ?? 0) >= failuresBeforeLastResort;
    const servers = await this.#serversOf(room);
    for (const server of servers) {
      if (this.#closed) return true;
      try {
        await completePartialRoom(this.#context, room, server, isLastResort);
        this.#context.log.info({ roomId, server }, 'a room that was joined with partial state is whole now');
        // The server that took the join may not have told anybody.
        if (server !== servers[0]) await handJoinOnToAll(this.#context, room, servers.slice(1));
        return true;
      } catch (error) {
        if (!(error instanceof RemoteServerError) && !(error instanceof MatrixError)) throw error;
        this.#context.log.info({ roomId, server, error: error.message }, 'a server did not tell the members of a room');
      }
    }
    return false;
  }

  /** The one that took the join, those that were in the room then, and those that are known to be now. */
  async #serversOf({ roomId, servers }: PartialRoom): Promise<string[]> {
    const all = new Set([...servers, ...(await joinedServersOf(this.#context, roomId))]);
    all.delete(this.#context.serverName);
    return [...all];
  }

  #noteFailure(roomId: string): void {
    const count = (this.#failures.get(roomId)?.count ?? 0) + 1;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(count, 10));
    this.#failures.set(roomId, { count, retryAtMs: this.#context.clock.monotonicMs() + pauseMs });
  }
}

const partialRooms = perContext((context: Context) => new PartialRooms(context));

/** Those of a process. */
export function partialRoomsOf(context: Context): PartialRooms {
  return partialRooms.of(context);
}
