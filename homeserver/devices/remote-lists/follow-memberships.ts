import type { Context } from '../../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../../platform/shard-log/log-entry.ts';
import { isUserOfServer } from '../../rooms/server-of-user.ts';
import {
  hasOtherLocalMembers,
  readAllCopied,
  readCopiedMembers,
  readRemoteDeviceLists,
  readUsersWithSharedRooms,
} from '../../storage/devices/read-remote-device-lists.ts';
import { findRoom } from '../../storage/names/room-names.ts';
import { dropDeviceLists } from './mark-device-lists.ts';

/** Somebody began or ended to be a member of a room. */
interface Move {
  readonly roomId: string;
  readonly userId: string;
}

const pageUsers = 500;
const maxWaitingMoves = 100_000;
const retryMs = 1_000;

/**
 * Drops the copies of device lists whose users stop to share rooms with this server: from then on nothing says when the
 * lists change, so a copy from before is never to be used after they share one again. Every process does it for all that
 * it sees: doing it twice costs a question to the user's server.
 */
export class DeviceListMemberships {
  readonly #context: Context;
  readonly #waiting = new Map<string, Move>();
  readonly #unsubscribe: () => void;
  #working: Promise<void> | undefined;
  /** All copies have to be looked at: at the start, and when moves were not seen. */
  #sweepDue = true;
  #closed = false;

  constructor(context: Context) {
    this.#context = context;
    this.#unsubscribe = context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
    this.#work();
  }

  get waitingMoves(): number {
    return this.#waiting.size;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#unsubscribe();
    await this.#working;
  }

  #follow(entries: readonly LogEntry[]): void {
    if (entries.length === 0) this.#sweepDue = true;
    for (const entry of entries) {
      if (entry.kind === 'event') this.#followEvent(entry);
      // Who was taken for a member may be none.
      if (entry.kind === 'room-state' && entry.body.isWhole) this.#sweepDue = true;
    }
    if (this.#waiting.size > 0 || this.#sweepDue) this.#work();
  }

  #followEvent(entry: LogEntry & { readonly kind: 'event' }): void {
    const { roomId } = entry.body;
    for (const { type, stateKey: userId, event, replaced } of stateChangesOf(entry)) {
      const wasJoined = replaced?.content['membership'] === 'join';
      if (type !== 'm.room.member' || wasJoined === (event?.body.content['membership'] === 'join')) continue;
      if (this.#waiting.size < maxWaitingMoves) this.#waiting.set(`${roomId} ${userId}`, { roomId, userId });
      else this.#sweepDue = true;
    }
  }

  #work(): void {
    this.#working ??= this.#workOff().finally(() => {
      this.#working = undefined;
    });
  }

  async #workOff(): Promise<void> {
    while (!this.#closed && (this.#waiting.size > 0 || this.#sweepDue)) {
      try {
        await this.#dropOfMoves();
        if (this.#sweepDue) await this.#sweep();
      } catch (error) {
        this.#context.log.debug({ err: error }, 'copies of device lists could not be dropped yet');
        await this.#context.clock.sleep(retryMs);
      }
    }
  }

  async #dropOfMoves(): Promise<void> {
    const { serverName, database } = this.#context;
    const moves = [...this.#waiting.values()].slice(0, pageUsers);
    const [local, remote] = [true, false].map((isLocal) =>
      moves.filter(({ userId }) => isUserOfServer(userId, serverName) === isLocal),
    ) as [Move[], Move[]];
    const copied = await readRemoteDeviceLists(
      database,
      remote.map(({ userId }) => userId),
    );
    const byRoom = Map.groupBy(remote, ({ roomId }) => roomId);
    for (const [roomId, own] of byRoom) {
      const userIds = own.map(({ userId }) => userId).filter((userId) => copied.has(userId));
      if (userIds.length > 0) await this.#dropWithoutOtherRooms(userIds, roomId);
    }
    for (const move of local) await this.#followLocalMove(move);
    for (const move of moves) {
      const key = `${move.roomId} ${move.userId}`;
      if (this.#waiting.get(key) === move) this.#waiting.delete(key);
    }
  }

  /** The first of this server's users to come and the last to go begin and end what all others in the room share. */
  async #followLocalMove({ roomId, userId }: Move): Promise<void> {
    const room = await findRoom(this.#context, roomId);
    if (!room || (await hasOtherLocalMembers(this.#context, room.id, userId))) return;
    for (let after = ''; ; ) {
      const members = await readCopiedMembers(this.#context, room.id, after, pageUsers);
      await this.#dropWithoutOtherRooms(members, roomId);
      if (members.length < pageUsers) return;
      after = members.at(-1) ?? '';
    }
  }

  async #dropWithoutOtherRooms(userIds: readonly string[], roomId: string): Promise<void> {
    const room = await findRoom(this.#context, roomId);
    const sharing = await readUsersWithSharedRooms(this.#context, userIds, room?.id);
    const dropped = userIds.filter((userId) => !sharing.has(userId));
    if (dropped.length > 0) await dropDeviceLists(this.#context, dropped);
  }

  async #sweep(): Promise<void> {
    this.#sweepDue = false;
    for (let after = ''; !this.#closed; ) {
      const userIds = await readAllCopied(this.#context.database, after, pageUsers);
      const sharing = await readUsersWithSharedRooms(this.#context, userIds);
      const dropped = userIds.filter((userId) => !sharing.has(userId));
      if (dropped.length > 0) await dropDeviceLists(this.#context, dropped);
      if (userIds.length < pageUsers) return;
      after = userIds.at(-1) ?? '';
    }
  }
}
