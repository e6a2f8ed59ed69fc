import type { Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../platform/context.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { readRoomsMissingState } from '../../storage/rooms/read-missing-state.ts';
import type { PartialRoom } from '../../storage/rooms/read-partial-rooms.ts';
import { isServerInRoom, joinedServersOf } from '../joined-servers.ts';
import { fetchMissingState } from './fetch-missing-state.ts';

const lookEveryMs = 15_000;
const firstPauseMs = 15_000;
const longestPauseMs = 6 * 3_600_000;

interface Attempts {
  readonly count: number;
  readonly retryAtMs: number;
}

/**
 * Rooms that are whole but for state that could not be had, most often since the key of a server could not be found. Each
 * process looks again for that of its own shards' rooms, ever more rarely, one room after another.
 */
export class RoomsMissingState {
  readonly #context: Context;
  readonly #attempts = new Map<string, Attempts>();
  #timer: Timer | undefined;
  #isOpen = false;
  #count = 0;

  constructor(context: Context) {
    this.#context = context;
    context.metrics.observedGauge({
      name: 'holdfast_rooms_missing_state',
      help: "Rooms that are whole but for state whose servers' keys, or which itself, could not be had.",
      read: () => this.#count,
    });
  }

  start(): void {
    this.#isOpen = true;
    this.#attempts.clear();
    this.#schedule(0);
  }

  close(): void {
    this.#isOpen = false;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #schedule(afterMs: number): void {
    this.#timer?.cancel();
    if (!this.#isOpen) return;
    this.#timer = this.#context.clock.startTimer(afterMs, () => {
      const timer = this.#timer;
      this.#look()
        .catch((error: unknown) =>
          this.#context.log.warn({ err: error }, 'what rooms are missing could not be looked for'),
        )
        // Another start has its own.
        .finally(() => timer === this.#timer && this.#schedule(lookEveryMs));
    });
  }

  async #look(): Promise<void> {
    const { clock, shardLog } = this.#context;
    const rooms = await readRoomsMissingState(this.#context);
    this.#count = rooms.length;
    const owned = new Set(shardLog.ownedShards());
    for (const room of rooms) {
      const { retryAtMs = 0 } = this.#attempts.get(room.roomId) ?? {};
      if (!this.#isOpen || !owned.has(room.shard) || clock.monotonicMs() < retryAtMs) continue;
      await this.#run(room);
    }
  }

  async #run(room: PartialRoom): Promise<void> {
    const { roomId } = room;
    const { clock, serverName, log } = this.#context;
    const count = (this.#attempts.get(roomId)?.count ?? 0) + 1;
    const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(count - 1, 11));
    try {
      // What happens in a room that nobody here is in any more is not known either.
      if (await isServerInRoom(this.#context, roomId)) {
        const servers = new Set([...room.servers, ...(await joinedServersOf(this.#context, roomId))]);
        servers.delete(serverName);
        if (await fetchMissingState(this.#context, room, [...servers], count - 1)) {
          this.#attempts.delete(roomId);
          return;
        }
      }
    } catch (error) {
      if (!(error instanceof RemoteServerError) && !(error instanceof MatrixError)) throw error;
      log.info({ roomId, error: error.message }, 'state of a room that is missing could not be had');
    }
    this.#attempts.set(roomId, { count, retryAtMs: clock.monotonicMs() + pauseMs });
  }
}
