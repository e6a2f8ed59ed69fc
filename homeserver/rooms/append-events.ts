import { type AuthState } from '@holdfast/protocol/authorization/auth-state.ts';
import { authorizeEvent } from '@holdfast/protocol/authorization/authorize-event.ts';
import { selectAuthEvents } from '@holdfast/protocol/authorization/select-auth-events.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type BuiltEvent, buildEvent, type EventDraft } from '@holdfast/protocol/events/build-event.ts';
import type { EventReference, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { cryptoPrimitives } from '../platform/cryptography/crypto-primitives.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { cachedNameId, internNames } from '../storage/names/intern-names.ts';
import { clientJsonOf } from '../storage/rooms/client-json.ts';
import { eventFlags, type StoredUnsigned, transactionText } from '../storage/rooms/event-row.ts';
import { membershipCode } from '../storage/rooms/membership-codes.ts';
import { insertEvent } from '../storage/rooms/write-events.ts';
import { insertNotification } from '../storage/rooms/write-notifications.ts';
import { closeStateSpan, openStateSpan } from '../storage/rooms/write-state.ts';
import type { EventIntent } from './event-intent.ts';
import { eventReference } from './event-reference.ts';
import { type HotRoom, membershipIn, type RoomTip, type StateEntry, stateTuple } from './hot-room.ts';
import { loadMembers } from './hot-rooms.ts';
import { type EventNotice, noticeEvent, prepareNotice } from './notice-event.ts';
import { followPushRules, hasFollowedPushRules, readJoinersPushRules } from './own-push-rules.ts';
import { recentTransactions } from './recent-transactions.ts';

export interface AppendOptions {
  /** Hash of what names the request in full, so that its repetition finds the last event made here. */
  readonly identityHash?: number;
  /** Told to the sending device. */
  readonly transaction?: { readonly deviceId: string; readonly transactionId: string };
  /** Further rows of the same transaction, given the position of the first event. */
  readonly alsoWrite?: (firstPosition: number, events: readonly BuiltEvent[]) => readonly Write[];
}

export interface AppendedEvents {
  readonly events: readonly BuiltEvent[];
  readonly committed: Promise<void>;
}

const maxEventBytes = 65_536;

/** Loads what authorising these events looks at and is not in memory. For a hot room and known users: nothing. */
export async function prepareToAppend(
  shard: OwnedShard,
  room: HotRoom,
  intents: readonly EventIntent[],
): Promise<void> {
  if (intents.every((intent) => isPrepared(shard, room, intent))) return;
  const users = new Set<string>();
  const names = new Set<string>();
  for (const intent of intents) {
    for (const [type, stateKey] of selectAuthEvents(room.rules, pduOf(room, intent))) {
      if (type === 'm.room.member') users.add(stateKey);
    }
    if (intent.type === 'm.room.member') users.add(intent.stateKey ?? '');
    users.add(intent.sender);
    names.add(intent.type).add(intent.sender);
    if (intent.stateKey !== undefined) names.add(intent.stateKey);
  }
  await Promise.all([loadMembers(shard.context, room, users), followPushRules(shard.context, room)]);
  if ([...names].some((name) => cachedNameId(shard.context, name) === undefined)) {
    await internNames(shard.context, names);
  }
  for (const intent of intents) await prepareNotice(shard.context, room, intent);
  const joiners = intents.filter(({ type, content }) => type === 'm.room.member' && content['membership'] === 'join');
  if (joiners.length === 0) return;
  await readJoinersPushRules(
    shard.context,
    room,
    joiners.map(({ stateKey = '' }) => stateKey),
  );
}

/** A message of a known member that names nobody, in a room that is up to date: the common case looks nothing up. */
function isPrepared(shard: OwnedShard, room: HotRoom, intent: EventIntent): boolean {
  return (
    intent.stateKey === undefined &&
    !Object.hasOwn(intent.content, 'm.mentions') &&
    !Object.hasOwn(intent.content, 'm.relates_to') &&
    room.isMemberLoaded(intent.sender) &&
    cachedNameId(shard.context, intent.type) !== undefined &&
    cachedNameId(shard.context, intent.sender) !== undefined &&
    hasFollowedPushRules(shard.context, room)
  );
}

/**
 * Authorises, builds and appends events to a hot room, all or none, and changes the room's memory at once: the next
 * command builds on them before they are committed. Throws M_FORBIDDEN or M_TOO_LARGE with nothing changed.
 */
export function appendEvents(
  shard: OwnedShard,
  room: HotRoom,
  intents: readonly EventIntent[],
  options: AppendOptions = {},
): AppendedEvents {
  const draft = new DraftRoom(shard, room);
  for (const intent of intents) draft.add(intent);
  const committed = shard.append(intents.length, (first) => ({
    entries: draft.entries(options),
    writes: [...draft.writes(first, options), ...(options.alsoWrite?.(first, draft.events) ?? [])],
  }));
  draft.applyToRoom();
  room.uncommitted++;
  committed.then(
    () => room.uncommitted--,
    () => {},
  );
  const last = draft.events.at(-1);
  if (options.identityHash !== undefined && last) {
    shard
      .remember(recentTransactions)
      .add(options.identityHash, draft.lastPosition, { eventId: last.eventId, committed });
  }
  return { events: draft.events, committed };
}

interface DraftedEvent {
  readonly built: BuiltEvent;
  readonly notice: EventNotice;
  readonly replaced: StateEntry | undefined;
}

/** Events on top of a room, before anybody else sees them. */
class DraftRoom implements AuthState {
  readonly #shard: OwnedShard;
  readonly #room: HotRoom;
  readonly #drafted: DraftedEvent[] = [];
  readonly #state = new Map<string, DraftedEvent>();
  #tip: RoomTip;
  #firstPosition = 0;

  constructor(shard: OwnedShard, room: HotRoom) {
    this.#shard = shard;
    this.#room = room;
    this.#tip = room.tip;
  }

  get events(): readonly BuiltEvent[] {
    return this.#drafted.map(({ built }) => built);
  }

  get lastPosition(): number {
    return this.#firstPosition + this.#drafted.length - 1;
  }

  get(type: string, stateKey: string) {
    return this.#state.get(stateTuple(type, stateKey))?.built ?? this.#room.get(type, stateKey);
  }

  add(intent: EventIntent): void {
    const built = this.#build(intent);
    this.#authorize(built);
    const replaced = intent.stateKey === undefined ? undefined : this.#currentEntry(intent.type, intent.stateKey);
    const drafted: DraftedEvent = {
      built,
      replaced,
      notice: noticeEvent(this.#shard.context, this.#room, this, intent),
    };
    this.#drafted.push(drafted);
    if (intent.stateKey !== undefined) this.#state.set(stateTuple(intent.type, intent.stateKey), drafted);
    this.#tip = {
      prevEvents: [eventReference(this.#room.rules, built.eventId, built.pdu)],
      depth: this.#tip.depth + 1,
    };
  }

  entries(options: AppendOptions): NewEntry[] {
    return this.#drafted.map(({ built, notice, replaced }, index) => {
      const { pdu, eventId, roomId, contentJson } = built;
      const isLast = index === this.#drafted.length - 1;
      return {
        kind: 'event',
        body: {
          roomId,
          eventId,
          type: pdu.type,
          sender: pdu.sender,
          ...(pdu.state_key !== undefined && { stateKey: pdu.state_key }),
          originServerTs: pdu.origin_server_ts,
          content: pdu.content,
          clientJson: clientJsonOf(this.#room.rules, eventId, pdu, contentJson),
          ...(notice.redacts !== undefined && { redacts: notice.redacts }),
          ...(notice.thread && { threadRoot: notice.thread.rootEventId }),
          notifyOrdinal: notice.ordinal,
          notifies: notice.notifies,
          ...(notice.highlightsAll && { highlightsAll: true }),
          ...(notice.notified.size > 0 && { notifications: Object.fromEntries(notice.notified) }),
          ...(isLast && options.transaction && { transaction: options.transaction }),
          ...(replaced && {
            replaced: { eventId: replaced.eventId, sender: replaced.pdu.sender, content: replaced.pdu.content },
          }),
        },
      };
    });
  }

  writes(firstPosition: number, options: AppendOptions): Write[] {
    this.#firstPosition = firstPosition;
    return this.#drafted.flatMap((drafted, index) => {
      const isLast = index === this.#drafted.length - 1;
      const position = firstPosition + index;
      return [
        this.#eventWrite(drafted, position, isLast ? options : {}),
        ...this.#stateWrites(drafted, position),
        ...this.#notificationWrites(drafted.notice, position),
      ];
    });
  }

  applyToRoom(): void {
    const room = this.#room;
    room.tip = this.#tip;
    this.#drafted.forEach(({ built, notice, replaced }, index) => {
      notice.apply();
      if (built.pdu.state_key === undefined) return;
      const entry: StateEntry = { ...built, position: this.#firstPosition + index };
      if (built.pdu.type === 'm.room.member') countMembership(room, replaced?.pdu, built.pdu);
      room.put(entry);
    });
  }

  #eventWrite({ built, notice, replaced }: DraftedEvent, position: number, options: AppendOptions): Write {
    const { pdu, eventId, pduJson } = built;
    const { transaction, identityHash } = options;
    const stored: StoredUnsigned = { ...(replaced && { replaces_state: replaced.eventId }) };
    return insertEvent({
      shard: this.#shard.id,
      position,
      room: this.#room.name.id,
      sender: this.#nameId(pdu.sender),
      type: this.#nameId(pdu.type),
      eventId,
      transactionHash: identityHash ?? null,
      transaction: transaction ? transactionText(transaction.deviceId, transaction.transactionId) : null,
      notifyOrdinal: notice.ordinal,
      flags: flagsOf(built, notice),
      thread: notice.thread?.position ?? null,
      pduJson: replaced ? `${pduJson.slice(0, -1)},"unsigned":${JSON.stringify(stored)}}` : pduJson,
    });
  }

  #stateWrites({ built, replaced }: DraftedEvent, position: number): Write[] {
    const { type, state_key: stateKey, content } = built.pdu;
    if (stateKey === undefined) return [];
    const membership = type === 'm.room.member' ? membershipCode(content['membership']) : null;
    const span = {
      shard: this.#shard.id,
      room: this.#room.name.id,
      type: this.#nameId(type),
      stateKey: this.#nameId(stateKey),
      membership,
    };
    const opened = openStateSpan(span, position);
    return replaced ? [opened, closeStateSpan(span, this.#spanStart(replaced), position)] : [opened];
  }

  #notificationWrites(notice: EventNotice, position: number): Write[] {
    return [...notice.notified].map(([userId, flags]) =>
      insertNotification({
        room: this.#room.name.id,
        member: this.#nameId(userId),
        shard: this.#shard.id,
        position,
        thread: notice.thread?.position ?? null,
        flags,
      }),
    );
  }

  /** Where the span of a replaced event began: events of this same draft got their position just now. */
  #spanStart(replaced: StateEntry): number {
    const index = this.#drafted.findIndex(({ built }) => built.eventId === replaced.eventId);
    return index === -1 ? replaced.position : this.#firstPosition + index;
  }

  #currentEntry(type: string, stateKey: string): StateEntry | undefined {
    const drafted = this.#state.get(stateTuple(type, stateKey));
    return drafted ? { ...drafted.built, position: 0 } : this.#room.get(type, stateKey);
  }

  #build(intent: EventIntent): BuiltEvent {
    const { rules, roomId } = this.#room;
    const { serverName, signingKey, random } = this.#shard.context;
    const draft: EventDraft = {
      ...intent,
      roomId,
      depth: this.#tip.depth,
      prevEvents: this.#tip.prevEvents,
      authEvents: this.#authEvents(intent),
      eventId: rules.eventIds === 'server' ? `$${random.token(18)}:${serverName}` : undefined,
    };
    const built = buildEvent(draft, rules, { name: serverName, ...signingKey }, cryptoPrimitives);
    if (!built) throw new Error('an event could not be built');
    if (Buffer.byteLength(built.pduJson) > maxEventBytes)
      throw new MatrixError('M_TOO_LARGE', 'The event is too large');
    return built;
  }

  #authEvents(intent: EventIntent): EventReference[] {
    return selectAuthEvents(this.#room.rules, pduOf(this.#room, intent)).flatMap(([type, stateKey]) => {
      const entry = this.get(type, stateKey);
      return entry ? [eventReference(this.#room.rules, entry.eventId, entry.pdu)] : [];
    });
  }

  #authorize(built: BuiltEvent): void {
    const verdict = authorizeEvent(this.#room.rules, built, this, cryptoPrimitives.verify);
    if (!verdict.allowed) throw new MatrixError('M_FORBIDDEN', verdict.reason);
  }

  #nameId(name: string): number {
    const id = cachedNameId(this.#shard.context, name);
    if (id === undefined) throw new Error('a name was not interned before the event was built');
    return id;
  }
}

function flagsOf({ pdu }: BuiltEvent, notice: EventNotice): number {
  return (
    (notice.notifies ? eventFlags.notifies : 0) |
    (notice.highlightsAll ? eventFlags.highlightsAll : 0) |
    (pdu.state_key === undefined ? 0 : eventFlags.state)
  );
}

function countMembership(room: HotRoom, before: Pdu | undefined, after: Pdu): void {
  const [from, to] = [before ? membershipIn(before) : 'leave', membershipIn(after)];
  if (from === 'join') room.counts.joined--;
  if (to === 'join') room.counts.joined++;
  if (after.state_key !== undefined) room.joinersHeard.delete(after.state_key);
  if (to !== 'join' && after.state_key !== undefined) room.ownPushRules.delete(after.state_key);
  if (from === 'invite') room.counts.invited--;
  if (to === 'invite') room.counts.invited++;
}

function pduOf(room: HotRoom, intent: EventIntent): Pdu {
  return {
    type: intent.type,
    sender: intent.sender,
    content: intent.content,
    ...(intent.stateKey !== undefined && { state_key: intent.stateKey }),
    room_id: room.roomId,
    origin_server_ts: intent.originServerTs,
    depth: 0,
    prev_events: [],
    auth_events: [],
  };
}
