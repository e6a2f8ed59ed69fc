import { type LogEntry, type StateChange, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import type { StoredPresence } from '../storage/ephemeral/read-presence.ts';
import type { StoredReceipt } from '../storage/ephemeral/read-receipts.ts';
import type { StoredAccountData } from '../storage/sync/read-account-data-changes.ts';
import type { EventLogEntry } from './connected-users.ts';

/** What a range of the log has of one room. */
export interface RoomDigest {
  readonly shard: number;
  /** Oldest first. */
  readonly events: EventLogEntry[];
  readonly publicReceipts: StoredReceipt[];
  readonly privateReceipts: StoredReceipt[];
}

/** A user who came to a room, or went from it. */
export interface MemberMove {
  readonly roomId: string;
  readonly userId: string;
  readonly joined: boolean;
}

/**
 * A range of the log, sorted by whom and what it concerns: the same for all who ask for the same range, and made once.
 */
export interface RangeDigest {
  readonly rooms: ReadonlyMap<string, RoomDigest>;
  /** By user id: the rooms in which the user's own membership changed. A changed profile is none. */
  readonly moved: ReadonlyMap<string, ReadonlySet<string>>;
  readonly moves: readonly MemberMove[];
  readonly accountData: ReadonlyMap<string, readonly StoredAccountData[]>;
  readonly presences: ReadonlyMap<string, StoredPresence>;
  /** Users whose devices changed, each with the one user who sees it; undefined: all do. */
  readonly deviceLists: readonly { readonly userId: string; readonly readerId: string | undefined }[];
  /** `user device`: devices whose one-time or fallback keys changed. */
  readonly deviceKeys: ReadonlySet<string>;
  /** Rooms of which only now all members are known. */
  readonly wholeRooms: ReadonlySet<string>;
  /** Nothing but events that change neither a room's state nor other events. */
  readonly onlyMessages: boolean;
}

class DigestBuilder implements RangeDigest {
  readonly rooms = new Map<string, RoomDigest>();
  readonly moved = new Map<string, Set<string>>();
  readonly moves: MemberMove[] = [];
  readonly accountData = new Map<string, StoredAccountData[]>();
  readonly presences = new Map<string, StoredPresence>();
  readonly deviceLists: { readonly userId: string; readonly readerId: string | undefined }[] = [];
  readonly deviceKeys = new Set<string>();
  readonly wholeRooms = new Set<string>();
  onlyMessages = true;

  add(entry: LogEntry): void {
    this.onlyMessages &&= entry.kind === 'event' && isMessage(entry);
    switch (entry.kind) {
      case 'event':
        return this.#addEvent(entry);
      case 'receipt':
        return this.#addReceipt(entry);
      case 'typing':
        this.#room(entry.body.roomId, entry.shard);
        return;
      case 'account-data':
        return this.#addAccountData(entry);
      case 'presence': {
        this.presences.set(entry.body.userId, storedPresenceOf(entry.body));
        return;
      }
      case 'device-list':
        this.deviceLists.push({ userId: entry.body.userId, readerId: entry.body.readerId });
        return;
      case 'one-time-keys':
        this.deviceKeys.add(`${entry.body.userId} ${entry.body.deviceId}`);
        return;
      // The inbox knows its own messages; the others are nothing that clients are told.
      case 'to-device':
      case 'outgoing-to-device':
      case 'session':
      case 'profile':
      case 'application-services':
      case 'room-alias':
        return;
      case 'room-state':
        // Clients that want all members at once are told of the room only when all are known.
        this.#room(entry.body.roomId, entry.shard);
        if (entry.body.isWhole) this.wholeRooms.add(entry.body.roomId);
        return;
      default:
        entry satisfies never;
    }
  }

  #addEvent(entry: EventLogEntry): void {
    const { roomId } = entry.body;
    this.#room(roomId, entry.shard).events.push(entry);
    for (const change of stateChangesOf(entry)) if (change.type === 'm.room.member') this.#addMove(roomId, change);
  }

  #addMove(roomId: string, { stateKey, event, replaced }: StateChange): void {
    const [before, after] = [replaced?.content['membership'], event?.body.content['membership']];
    if (before === 'join' && after === 'join') return;
    const rooms = this.moved.get(stateKey);
    if (rooms) rooms.add(roomId);
    else this.moved.set(stateKey, new Set([roomId]));
    if (before === 'join' || after === 'join') this.moves.push({ roomId, userId: stateKey, joined: after === 'join' });
  }

  #addReceipt({ shard, body }: LogEntry & { kind: 'receipt' }): void {
    const { roomId, userId, receiptType, eventId, threadId, timestampMs } = body;
    if (receiptType !== 'm.read' && receiptType !== 'm.read.private') return;
    const { publicReceipts, privateReceipts } = this.#room(roomId, shard);
    const receipt: StoredReceipt = {
      userId,
      type: receiptType,
      eventId,
      ...(threadId !== undefined && { threadId }),
      sentAtMs: timestampMs,
    };
    (receiptType === 'm.read' ? publicReceipts : privateReceipts).push(receipt);
  }

  #addAccountData({ body }: LogEntry & { kind: 'account-data' }): void {
    const { userId, roomId, type, content } = body;
    const changes = this.accountData.get(userId) ?? [];
    changes.push({ type, contentJson: JSON.stringify(content ?? {}), ...(roomId !== undefined && { roomId }) });
    this.accountData.set(userId, changes);
  }

  #room(roomId: string, shard: number): RoomDigest {
    let room = this.rooms.get(roomId);
    if (!room) {
      room = { shard, events: [], publicReceipts: [], privateReceipts: [] };
      this.rooms.set(roomId, room);
    }
    return room;
  }
}

function isMessage({ body }: EventLogEntry): boolean {
  const { stateKey, stateChanges, redacts, isAfterGap } = body;
  return stateKey === undefined && stateChanges === undefined && redacts === undefined && !isAfterGap;
}

/** The presence that an entry of the log tells. */
export function storedPresenceOf(body: (LogEntry & { kind: 'presence' })['body']): StoredPresence {
  const { userId, presence, statusMessage, lastActiveMs, currentlyActive } = body;
  return { userId, state: presence as StoredPresence['state'], statusMessage, lastActiveMs, currentlyActive };
}

export function digestRange(entries: Iterable<LogEntry>): RangeDigest {
  const builder = new DigestBuilder();
  for (const entry of entries) builder.add(entry);
  return builder;
}

/** The receipts of a room that a user may see. */
export function visibleReceipts(room: RoomDigest, userId: string): readonly StoredReceipt[] {
  if (room.privateReceipts.length === 0) return room.publicReceipts;
  return [...room.publicReceipts, ...room.privateReceipts.filter((receipt) => receipt.userId === userId)];
}
