import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { type LogEntry, type StateChange, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { findRoom, type RoomName } from '../storage/names/room-names.ts';
import { type JoinedServerRows, readJoinedServers } from '../storage/rooms/read-joined-servers.ts';

const keptRooms = 10_000;
/** A reader that is no further behind than this still finds who came and left meanwhile. */
const rememberedPositions = 50_000;
const maxRemembered = 100;
const maxReads = 3;

const nobody: ReadonlySet<string> = new Set();

/** The servers that have joined members in a room, kept exact by the member events in the log. */
class ServersOfRoom {
  /** Joined members by server; servers without any are not in it. */
  readonly #members = new Map<string, number>();
  #gone: { readonly server: string; readonly goneAt: number }[] = [];
  /** Servers that came lately, with the position of the event by which they came. */
  #came: { readonly server: string; readonly cameAt: number }[] = [];
  /** From this position on nobody came or left. */
  #calmFrom = Number.NEGATIVE_INFINITY;
  /** Changes up to there are contained. */
  position: number;

  readonly #assumed: readonly string[];
  joined: ReadonlySet<string> = nobody;

  constructor({ position, servers, assumed }: JoinedServerRows) {
    this.position = position;
    this.#assumed = assumed;
    for (const { server, joined, goneAt, cameAt } of servers) {
      if (joined > 0) {
        this.#members.set(server, joined);
        if (cameAt !== null) this.#noteCame(server, cameAt);
      } else if (goneAt !== null) this.#noteGone(server, goneAt);
    }
    this.#count();
  }

  /**
   * Those that are joined, and those that were when the event at `position` came; without those that came after it:
   * they have been told the state, in which it is.
   */
  at(position: number): ReadonlySet<string> {
    if (position >= this.#calmFrom) return this.joined;
    const later = this.#came.filter(({ server, cameAt }) => cameAt > position && this.#members.has(server));
    const earlier = this.#gone.filter(({ server, goneAt }) => goneAt >= position && !this.#members.has(server));
    if (earlier.length === 0 && later.length === 0) return this.joined;
    const servers = new Set([...this.joined, ...earlier.map(({ server }) => server)]);
    for (const { server } of later) if (!this.#assumed.includes(server)) servers.delete(server);
    return servers;
  }

  apply(position: number, server: string, wasJoined: boolean, isJoined: boolean): void {
    if (wasJoined === isJoined) return;
    const before = this.#members.get(server) ?? 0;
    const after = Math.max(0, before + (isJoined ? 1 : -1));
    if (after > 0) this.#members.set(server, after);
    else this.#members.delete(server);
    if (after > 0 === before > 0) return;
    this.#count();
    if (after > 0) {
      this.#came = this.#came.filter(({ cameAt }) => cameAt > position - rememberedPositions).slice(-maxRemembered);
      this.#noteCame(server, position);
      return;
    }
    this.#gone = this.#gone.filter(({ goneAt }) => goneAt > position - rememberedPositions).slice(-maxRemembered);
    this.#noteGone(server, position);
  }

  #noteCame(server: string, cameAt: number): void {
    this.#came.push({ server, cameAt });
    this.#calmFrom = Math.max(this.#calmFrom, cameAt);
  }

  #noteGone(server: string, goneAt: number): void {
    this.#gone.push({ server, goneAt });
    this.#calmFrom = Math.max(this.#calmFrom, goneAt + 1);
  }

  #count(): void {
    this.joined = new Set([...this.#members.keys(), ...this.#assumed]);
  }
}

/** What one process knows of the servers in rooms: read when first asked for, then followed. */
class JoinedServers {
  readonly #context: Context;
  #rooms = new BoundedCache<string, ServersOfRoom>(keptRooms);
  readonly #reading = new Map<string, Promise<ServersOfRoom | undefined>>();

  constructor(context: Context) {
    this.#context = context;
    context.shardLog.tail.subscribe((_shard, entries) => this.#follow(entries));
  }

  async get(roomId: string): Promise<ServersOfRoom | undefined> {
    const known = this.#rooms.get(roomId);
    if (known) return known;
    const underWay = this.#reading.get(roomId);
    if (underWay) return await underWay;
    const reading = this.#read(roomId).finally(() => this.#reading.delete(roomId));
    this.#reading.set(roomId, reading);
    return await reading;
  }

  async #read(roomId: string): Promise<ServersOfRoom | undefined> {
    const room = await findRoom(this.#context, roomId);
    if (!room) return undefined;
    const { tail } = this.#context.shardLog;
    for (let attempt = 1; ; attempt++) {
      const since = tail.position(room.shard) - rememberedPositions;
      const read = await readJoinedServers(this.#context, room, since);
      // Whether this server is in the room, it knows for certain.
      const assumed = read.assumed.filter((server) => server !== this.#context.serverName);
      const servers = new ServersOfRoom({ ...read, assumed });
      // Where the log is not followed, as in a command, or runs ahead too fast, what was read serves this once.
      if (this.#catchUp(room, servers) || attempt === maxReads) return servers;
    }
  }

  /** What this process has seen since the rows were read; from here to being followed nothing waits. */
  #catchUp(room: RoomName, servers: ServersOfRoom): boolean {
    const seen = this.#context.shardLog.tail.entriesAfter(room.shard, servers.position);
    if (!seen) return false;
    this.#rooms.set(room.roomId, servers);
    if (seen.length > 0) this.#follow(seen);
    return true;
  }

  #apply({ position, body }: LogEntry & { kind: 'event' }, { stateKey, event, replaced }: StateChange): void {
    const room = this.#rooms.get(body.roomId);
    if (!room || position <= room.position) return;
    const wasJoined = replaced?.content['membership'] === 'join';
    room.apply(position, serverOfUser(stateKey), wasJoined, event?.body.content['membership'] === 'join');
  }

  #follow(entries: readonly LogEntry[]): void {
    // The log went on without being followed.
    if (entries.length === 0) this.#rooms = new BoundedCache(keptRooms);
    for (const entry of entries) {
      // Members that no entry told came with it.
      if (entry.kind === 'room-state') this.#rooms.delete(entry.body.roomId);
      if (entry.kind !== 'event') continue;
      for (const change of stateChangesOf(entry)) if (change.type === 'm.room.member') this.#apply(entry, change);
      const room = this.#rooms.get(entry.body.roomId);
      if (room) room.position = Math.max(room.position, entry.position);
    }
  }
}

const known = new WeakMap<Context, JoinedServers>();

function joinedServersIn(context: Context): JoinedServers {
  let servers = known.get(context);
  if (!servers) known.set(context, (servers = new JoinedServers(context)));
  return servers;
}

/** The part of a user id after the first colon. */
export function serverOfUser(userId: string): string {
  return userId.slice(userId.indexOf(':') + 1);
}

/**
 * The servers of a room's joined members, this one included where it has any; none for unknown rooms. One query when a
 * room is first asked for; then kept in memory, bounded, and as new as this process's tail of the log.
 */
export async function joinedServersOf(context: Context, roomId: string): Promise<ReadonlySet<string>> {
  return (await joinedServersIn(context).get(roomId))?.joined ?? nobody;
}

/**
 * As joinedServersOf, for a reader of the log that handles the entry at `position`: with those whose last member left
 * by that event or after it.
 */
export async function serversToTell(context: Context, roomId: string, position: number): Promise<ReadonlySet<string>> {
  return (await joinedServersIn(context).get(roomId))?.at(position) ?? nobody;
}

/** Whether this server has a joined member in the room. */
export async function isServerInRoom(context: Context, roomId: string): Promise<boolean> {
  return (await joinedServersOf(context, roomId)).has(context.serverName);
}
