import { BoundedCache } from '../../platform/bounded-cache.ts';
import type { Context } from '../../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../../platform/shard-log/log-entry.ts';
import { readAliasesOfRoom } from '../../storage/directory/read-aliases.ts';
import { findRoom, type RoomName } from '../../storage/names/room-names.ts';
import { readLocalJoins } from '../../storage/rooms/read-local-joins.ts';
import { applicationServices } from '../registrations/application-services.ts';
import { RoomInterest } from './room-interest.ts';

const keptRooms = 20_000;
const maxReads = 3;

/** Which services want what happens in which rooms: read when a room is first asked for, then followed. */
export class RoomInterests {
  readonly #context: Context;
  #rooms = new BoundedCache<string, RoomInterest>(keptRooms);
  readonly #reading = new Map<string, Promise<RoomInterest | undefined>>();
  readonly #unsubscribes: readonly (() => void)[];
  /** Grows with everything that makes what is being read at the moment worthless. */
  #changes = 0;

  constructor(context: Context) {
    this.#context = context;
    this.#unsubscribes = [
      context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries)),
      applicationServices.of(context).subscribe(() => this.#forgetAll()),
    ];
  }

  close(): void {
    for (const unsubscribe of this.#unsubscribes) unsubscribe();
  }

  /** The interest in a room, known from position `since` on, without a promise where it is in memory. */
  get(roomId: string, since: number): RoomInterest | undefined | Promise<RoomInterest | undefined> {
    const known = this.#rooms.get(roomId);
    if (known && known.since <= since) return known;
    const key = `${roomId} ${known === undefined}`;
    let reading = this.#reading.get(key);
    if (!reading) {
      reading = this.#read(roomId, since).finally(() => this.#reading.delete(key));
      this.#reading.set(key, reading);
    }
    return reading.then((interest) => (interest && interest.since > since ? this.#read(roomId, since) : interest));
  }

  async #read(roomId: string, since: number): Promise<RoomInterest | undefined> {
    const room = await findRoom(this.#context, roomId);
    if (!room) return undefined;
    for (let attempt = 1; ; attempt++) {
      const changesBefore = this.#changes;
      const services = applicationServices.of(this.#context).all;
      const [{ position, joins }, aliases] = await Promise.all([
        readLocalJoins(this.#context, room, since),
        readAliasesOfRoom(this.#context, roomId),
      ]);
      const interest = new RoomInterest(services, { roomId, aliases, joins, since, position });
      const isKept = this.#changes === changesBefore && this.#catchUp(room, interest);
      // Where the log runs ahead too fast, what was read serves this once.
      if (isKept || attempt === maxReads) return interest;
    }
  }

  /** What this process has seen since the rows were read; from here to being followed nothing waits. */
  #catchUp(room: RoomName, interest: RoomInterest): boolean {
    const seen = this.#context.shardLog.tail.entriesAfter(room.shard, interest.position);
    if (!seen) return false;
    this.#rooms.set(room.roomId, interest);
    for (const entry of seen) this.#followEntry(entry);
    return true;
  }

  #follow(entries: readonly LogEntry[]): void {
    // The log went on without being followed.
    if (entries.length === 0) this.#forgetAll();
    for (const entry of entries) {
      if (entry.kind === 'room-state' || entry.kind === 'room-alias') {
        // Members that no entry told came with it, or its aliases are others now.
        this.#rooms.delete(entry.body.roomId);
        this.#changes++;
      } else this.#followEntry(entry);
    }
  }

  #followEntry(entry: LogEntry): void {
    if (entry.kind !== 'event') return;
    const interest = this.#rooms.get(entry.body.roomId);
    if (!interest || entry.position <= interest.position) return;
    for (const { type, stateKey, event, replaced } of stateChangesOf(entry)) {
      if (type !== 'm.room.member') continue;
      const isJoined = event?.body.content['membership'] === 'join';
      interest.apply(entry.position, stateKey, replaced?.content['membership'] === 'join', isJoined);
    }
    interest.position = entry.position;
  }

  #forgetAll(): void {
    this.#changes++;
    this.#rooms = new BoundedCache(keptRooms);
  }
}
