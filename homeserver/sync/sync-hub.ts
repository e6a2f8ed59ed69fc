import { noteActivity } from '../ephemeral/note-presence.ts';
import { checkTyping } from '../ephemeral/set-typing.ts';
import { TypingMemory } from '../ephemeral/typing-memory.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { type LogEntry, stateChangesOf } from '../platform/shard-log/log-entry.ts';
import { receiptTypeCodes } from '../storage/ephemeral/receipt-types.ts';
import type { OwnPushRules } from '../storage/sync/read-own-push-rules.ts';
import type { ConnectedUser } from './connected-user.ts';
import { ConnectedUsers, type EventLogEntry } from './connected-users.ts';
import { type RangeDigest, storedPresenceOf } from './digest-range.ts';
import { KnownMembers } from './known-members.ts';
import { KnownPresences } from './known-presences.ts';
import { KnownRedactions } from './known-redactions.ts';
import { RoomSummaries } from './room-summaries.ts';
import { SentMembers } from './sent-members.ts';
import { SnapshotCache } from './snapshot-cache.ts';
import { createSyncMetrics, type SyncMetrics } from './sync-metrics.ts';
import { TableLooks } from './table-looks.ts';
import { WaitingSyncs } from './waiting-syncs.ts';

const upkeepMs = 30_000;
const lostTypingMs = 60_000;
const keptPerUser = 20_000;
const keptTexts = 1_000;
const keptDigests = 200;

/**
 * What one process knows for answering /sync without a query. It follows the log, tells for each entry whom it concerns,
 * and wakes those who wait.
 */
export class SyncHub {
  readonly users: ConnectedUsers;
  readonly waiting: WaitingSyncs;
  readonly metrics: SyncMetrics;
  readonly tableLooks: TableLooks;
  readonly typing: TypingMemory;
  readonly members = new KnownMembers();
  readonly summaries: RoomSummaries;
  readonly sentMembers = new SentMembers();
  readonly ignored = new SnapshotCache<ReadonlySet<string>>(keptPerUser);
  readonly pushRules = new SnapshotCache<OwnPushRules | undefined>(keptPerUser);
  presences: KnownPresences;
  /** Redactions by the id of the event that they took the content of: the log's entry of that event is the old one. */
  readonly redactions = new KnownRedactions();
  /** Pieces of replies that one receiver made and others of the same entries can use; emptied when new ones come. */
  shared = new BoundedCache<string, string>(keptTexts);
  /** Ranges up to the newest entry, by where they begin; likewise. */
  digests = new BoundedCache<string, RangeDigest>(keptDigests);
  /** From these positions on, everything in the log has been followed. */
  followedFrom: readonly number[];
  readonly #context: Context;
  #attributing = 0;

  constructor(context: Context) {
    this.#context = context;
    this.presences = new KnownPresences(context, keptPerUser);
    this.users = new ConnectedUsers(context);
    this.typing = new TypingMemory(context.clock);
    this.waiting = new WaitingSyncs(context);
    this.metrics = createSyncMetrics(context);
    this.tableLooks = new TableLooks(context);
    this.summaries = new RoomSummaries(context);
    this.followedFrom = context.shardLog.tail.positions();
    context.shardLog.tail.subscribe((shard, entries) => this.#follow(shard, entries));
    this.#scheduleUpkeep();
  }

  /** Whether every entry that this process has seen has been told to those whom it concerns. */
  get isSettled(): boolean {
    return this.#attributing === 0;
  }

  #follow(shard: number, entries: readonly LogEntry[]): void {
    if (this.shared.size > 0) this.shared = new BoundedCache(keptTexts);
    if (this.digests.size > 0) this.digests = new BoundedCache(keptDigests);
    if (entries.length === 0) {
      this.#startAgain(shard);
      return;
    }
    const concerned = new Set<ConnectedUser>();
    for (const entry of entries) this.#followEntry(entry, concerned);
    for (const user of concerned) user.news++;
    this.waiting.wake(concerned);
  }

  /** Every kind of entry has its line here: whom it concerns. */
  #followEntry(entry: LogEntry, concerned: Set<ConnectedUser>): void {
    switch (entry.kind) {
      case 'event':
        return this.#followEvent(entry, concerned);
      case 'receipt':
        return this.#followReceipt(entry, concerned);
      case 'typing':
        this.typing.apply(entry);
        return addAll(concerned, this.users.joinedTo(entry.body.roomId));
      case 'account-data':
        if (entry.body.type === 'm.ignored_user_list') this.ignored.drop(entry.body.userId);
        if (entry.body.type === 'm.push_rules') this.#dropUnread(entry.body.userId);
        return this.#addUser(concerned, entry.body.userId);
      case 'to-device':
      case 'one-time-keys':
      case 'session':
        return this.#addUser(concerned, entry.body.userId);
      case 'device-list':
        if (entry.body.readerId !== undefined) return this.#addUser(concerned, entry.body.readerId);
        return this.#addSharers(concerned, entry.body.userId);
      case 'presence':
        this.presences.follow(storedPresenceOf(entry.body));
        return this.#addSharers(concerned, entry.body.userId);
      case 'outgoing-to-device':
      case 'application-services':
      case 'room-alias':
        // For those who send to other servers and to application services.
        return;
      case 'room-state':
        this.members.clear();
        this.summaries.drop(entry.body.roomId);
        return addAll(concerned, this.users.joinedTo(entry.body.roomId));
      case 'profile':
        // Clients learn of profiles from the member events that come with the change.
        return;
      default:
        entry satisfies never;
    }
  }

  #followEvent(entry: EventLogEntry, concerned: Set<ConnectedUser>): void {
    const { position, body } = entry;
    if (this.users.peek(body.sender)) noteActivity(this.#context, body.sender);
    this.users.apply(entry);
    this.members.apply(entry);
    this.summaries.apply(entry);
    this.redactions.apply(entry);
    for (const user of this.users.joinedTo(body.roomId)) {
      user.unread.get(body.roomId)?.apply(position, body);
      concerned.add(user);
    }
    for (const { type, stateKey } of stateChangesOf(entry)) {
      if (type === 'm.room.member') this.#addUser(concerned, stateKey);
    }
  }

  #followReceipt({ body }: LogEntry & { kind: 'receipt' }, concerned: Set<ConnectedUser>): void {
    const { roomId, userId } = body;
    this.users.peek(userId)?.unread.delete(roomId);
    if (body.receiptType in receiptTypeCodes && body.receiptType !== 'm.read.private') {
      return addAll(concerned, this.users.joinedTo(roomId));
    }
    this.#addUser(concerned, userId);
  }

  #addUser(concerned: Set<ConnectedUser>, userId: string): void {
    const user = this.users.peek(userId);
    if (user) concerned.add(user);
  }

  /** A user and those who share a room with it; found out with a query, and told later, where the user's rooms are not known. */
  #addSharers(concerned: Set<ConnectedUser>, userId: string): void {
    const user = this.users.peek(userId);
    if (user) return addAll(concerned, this.#sharersOf(user));
    this.#attributing++;
    this.users
      .get(userId)
      .then((read) => {
        const sharers = this.#sharersOf(read);
        for (const sharer of sharers) sharer.news++;
        this.waiting.wake(sharers);
      })
      .catch((error: unknown) => {
        this.#context.log.warn({ err: error }, 'whom an entry concerns is not known: everybody looks for themselves');
        for (const one of this.users.all()) one.news++;
        this.waiting.wake(this.users.all());
      })
      .finally(() => this.#attributing--);
  }

  #sharersOf(user: ConnectedUser): Set<ConnectedUser> {
    const sharers = new Set<ConnectedUser>([user]);
    for (const room of user.rooms.values()) {
      if (room.membership === 'join') addAll(sharers, this.users.joinedTo(room.roomId));
    }
    return sharers;
  }

  #dropUnread(userId: string): void {
    this.pushRules.drop(userId);
    this.users.peek(userId)?.unread.clear();
  }

  /** The log went on without this process: what it knew may be wrong, and everybody who waits looks again. */
  #startAgain(shard: number): void {
    const users = [...this.users.all()];
    this.followedFrom = this.followedFrom.with(shard, this.#context.shardLog.tail.position(shard));
    this.users.clear();
    this.typing.clear();
    this.members.clear();
    this.summaries.clear();
    this.presences = new KnownPresences(this.#context, keptPerUser);
    for (const user of users) {
      user.news++;
      this.ignored.drop(user.userId);
      this.pushRules.drop(user.userId);
    }
    this.waiting.wake(users);
  }

  /** The end of typing is told by the owner of the room; one that died takes it along. */
  #checkTyping(): void {
    for (const { roomId, userId } of this.typing.typingLongerThan(lostTypingMs)) {
      if (this.users.joinedTo(roomId).size === 0) continue;
      checkTyping(this.#context, roomId, userId).catch((error: unknown) =>
        this.#context.log.debug({ err: error }, 'whether somebody still types could not be found out'),
      );
    }
  }

  #scheduleUpkeep(): void {
    this.#context.clock.startTimer(upkeepMs, () => {
      this.users.evict();
      this.#checkTyping();
      this.#scheduleUpkeep();
    });
  }
}

function addAll<T>(set: Set<T>, values: Iterable<T>): void {
  for (const value of values) set.add(value);
}

const hubs = new WeakMap<Context, SyncHub>();

/** The hub of this process, made on first use. */
export function syncHubOf(context: Context): SyncHub {
  let hub = hubs.get(context);
  if (!hub) {
    hub = new SyncHub(context);
    hubs.set(context, hub);
  }
  return hub;
}
