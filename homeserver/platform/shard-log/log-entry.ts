import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/**
 * What the log of a shard carries. Everything that a client, a remote server, an application service or a pusher may
 * have to be told is one of these; each reader handles all of them (a test enumerates the kinds).
 * The wire number of a kind is its place in the database and never changes.
 */
export const entryKindNumbers = {
  event: 0,
  receipt: 1,
  typing: 2,
  presence: 3,
  'account-data': 4,
  'to-device': 5,
  'device-list': 6,
  'one-time-keys': 7,
  session: 8,
  profile: 9,
  'outgoing-to-device': 12,
  'room-state': 13,
  'application-services': 14,
  'room-alias': 15,
} as const;

export type EntryKind = keyof typeof entryKindNumbers;

export interface EntryBodies {
  /** A room event, in full; stored in the table of events and not in log_entry. */
  event: EventEntryBody;
  receipt: {
    roomId: string;
    userId: string;
    receiptType: string;
    eventId: string;
    threadId?: string;
    timestampMs: number;
  };
  /** `typing` false, or the time-out over: stopped. */
  typing: { roomId: string; userId: string; typing: boolean; timeoutMs: number };
  presence: {
    userId: string;
    presence: string;
    statusMessage?: string;
    lastActiveMs: number;
    currentlyActive: boolean;
  };
  /** `roomId` absent: global. `content` null: deleted. */
  'account-data': { userId: string; roomId?: string; type: string; content: JsonObject | null };
  /** The message itself waits in the device's inbox; this says that it is there. */
  'to-device': { userId: string; deviceId: string };
  /** Messages to devices of another server's users wait in the outbox for this destination. */
  'outgoing-to-device': { destination: string };
  /**
   * A device of a user changed; without `deviceId` the cross-signing keys, or where the user is another server's, any of
   * it. With `readerId` only as that user sees it. `previous` is the `stream_id` of the update before, for other servers.
   */
  'device-list': { userId: string; deviceId?: string; previous?: number; readerId?: string };
  /** One-time or fallback keys of a device were used up or added. */
  'one-time-keys': { userId: string; deviceId: string };
  /** Access tokens of a user (or one device) are no longer what caches say. `isErased`: the account is closed and erased. */
  session: { userId: string; deviceId?: string; isErased?: boolean };
  profile: { userId: string };
  /**
   * The state of a room came from elsewhere than from its events: this server came to it, or members that were missing
   * are known now. What was kept of the room's state does not hold any more. `isWhole` false: most members are missing.
   * `isCorrected`: now that they are known, some of what had been told of the room was wrong.
   */
  'room-state': { roomId: string; isWhole: boolean; isCorrected?: boolean };
  /** Application services were registered, changed or taken away. */
  'application-services': Record<string, never>;
  /** An alias began or ceased to lead to a room. In the log of the alias's shard, which need not be the room's. */
  'room-alias': { roomId: string };
}

export interface EventEntryBody {
  readonly roomId: string;
  readonly eventId: string;
  readonly type: string;
  readonly sender: string;
  readonly stateKey?: string;
  readonly originServerTs: number;
  readonly content: JsonObject;
  /**
   * The event as clients see it, as JSON text without `room_id` and `unsigned` and without the closing brace, so that
   * each reader appends what is its own. Made once.
   */
  readonly clientJson: string;
  /** Set on redactions that took effect. */
  readonly redacts?: string;
  /** Event id of the thread's root, when the event is part of one. */
  readonly threadRoot?: string;
  /** How many notifying events its timeline (main, or its thread) has had, this one included; see storage/rooms. */
  readonly notifyOrdinal: number;
  /** Whether members with unmodified push rules are notified. */
  readonly notifies: boolean;
  /** Whether it highlights for every member with unmodified push rules, as a mention of the whole room does. */
  readonly highlightsAll?: boolean;
  /** Local members for whom it counts otherwise, with the flags of their row in `notification`. */
  readonly notifications?: Readonly<Record<string, number>>;
  /** Which local device sent it, under which transaction id: told to that device alone. */
  readonly transaction?: { readonly deviceId: string; readonly transactionId: string };
  /** Of another server's user, and this server's to send to the other servers in the room. */
  readonly isRelayed?: boolean;
  /** Of a local user, and another server's to send: it went there first. */
  readonly isSentElsewhere?: boolean;
  /** Of what comes right before it something was not here: clients must not show it as the next one. */
  readonly isAfterGap?: boolean;
  /** The state event that this one replaced, in the state before it. */
  readonly replaced?: ReplacedEvent;
  /**
   * Every change that the event made to the room's state, where that is something else than its becoming part of it:
   * after a fork the state is resolved. Read it with `stateChangesOf`.
   */
  readonly stateChanges?: readonly StateChange[];
}

export interface ReplacedEvent {
  readonly eventId: string;
  readonly sender: string;
  readonly content: JsonObject;
}

/** What became of one (type, state key) of a room's state. */
export interface StateChange {
  readonly type: string;
  readonly stateKey: string;
  /** What is current from now on, with its own position, which may be far away; undefined: there is no such state now. */
  readonly event: { readonly position: number; readonly body: EventEntryBody } | undefined;
  readonly replaced: ReplacedEvent | undefined;
}

const noStateChanges: readonly StateChange[] = [];

/** How an event changed the state of its room. Most often a state event becomes part of it, and that is all. */
export function stateChangesOf(entry: {
  readonly position: number;
  readonly body: EventEntryBody;
}): readonly StateChange[] {
  const { type, stateKey, replaced, stateChanges } = entry.body;
  if (stateChanges) return stateChanges;
  return stateKey === undefined ? noStateChanges : [{ type, stateKey, event: entry, replaced }];
}

export type NewEntry = { [Kind in EntryKind]: { readonly kind: Kind; readonly body: EntryBodies[Kind] } }[EntryKind];

export type LogEntry = NewEntry & { readonly shard: number; readonly position: number };

const kindByNumber = new Map<number, EntryKind>(
  (Object.keys(entryKindNumbers) as EntryKind[]).map((kind) => [entryKindNumbers[kind], kind]),
);

/** The kind stored under a number, or undefined for one written by a newer version (readers pass over it). */
export function entryKindOf(number: number): EntryKind | undefined {
  return kindByNumber.get(number);
}

/** Rough memory of an entry, for the bound of the window that each process keeps. */
export function entrySizeBytes(entry: NewEntry): number {
  return entry.kind === 'event' ? 600 + entry.body.clientJson.length * 3 : 400;
}
