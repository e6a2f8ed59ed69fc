import { relationOf } from '@holdfast/protocol/events/relation.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import type { NewEntry, StateChange } from '../platform/shard-log/log-entry.ts';
import { cachedNameId } from '../storage/names/intern-names.ts';
import { clientJsonOf, withoutTarget } from '../storage/rooms/client-json.ts';
import { eventFlags, transactionText } from '../storage/rooms/event-row.ts';
import { membershipCode } from '../storage/rooms/membership-codes.ts';
import { recentPdus } from '../storage/rooms/recent-pdus.ts';
import { replacedEventOf, storedEventBody } from '../storage/rooms/stored-event-body.ts';
import { storedText } from '../storage/rooms/stored-text.ts';
import { insertEvent } from '../storage/rooms/write-events.ts';
import { changeForwardExtremities } from '../storage/rooms/write-extremities.ts';
import { insertForkEvent, insertForkState } from '../storage/rooms/write-fork-states.ts';
import { insertNotification } from '../storage/rooms/write-notifications.ts';
import { insertRelation } from '../storage/rooms/write-relations.ts';
import { closeStateSpan, openStateSpan } from '../storage/rooms/write-state.ts';
import type { AcceptedEvent, DraftedEvent, DraftedStateChange, DraftRoom } from './draft-room.ts';
import type { HotRoom } from './hot-room.ts';
import type { EventNotice } from './notice-event.ts';
import type { StatePlace } from './state-overrides.ts';

/** What the sender of an event's request wants to be kept with it. */
export interface EventOrigin {
  /** Hash of what names the request in full. */
  readonly identityHash?: number;
  /** Told to the sending device. */
  readonly transaction?: { readonly deviceId: string; readonly transactionId: string };
}

const unknownOrigin: EventOrigin = {};

/** The log's entries of a draft. `origin` is that of its last event. */
export function draftEntries(draft: DraftRoom, origin: EventOrigin = unknownOrigin): NewEntry[] {
  const { rules } = draft.room;
  return draft.events.map(({ event, notice, replaced, changes, isResolved }, index) => {
    const { eventId, roomId, contentJson, redactsNothing, isRelayed, isSentElsewhere, isAfterGap } = event;
    const pdu = redactsNothing ? withoutTarget(event.pdu) : event.pdu;
    const isLast = index === draft.events.length - 1;
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
        clientJson: clientJsonOf(rules, eventId, pdu, contentJson),
        ...(notice.redacts !== undefined && !redactsNothing && { redacts: notice.redacts }),
        ...(notice.thread && { threadRoot: notice.thread.rootEventId }),
        notifyOrdinal: notice.ordinal,
        notifies: notice.notifies,
        ...(notice.highlightsAll && { highlightsAll: true }),
        ...(notice.notified.size > 0 && { notifications: Object.fromEntries(notice.notified) }),
        ...(isRelayed && { isRelayed }),
        ...(isSentElsewhere && { isSentElsewhere }),
        ...(isAfterGap && { isAfterGap }),
        ...(isLast && origin.transaction && { transaction: origin.transaction }),
        ...(replaced && { replaced: replacedEventOf(replaced) }),
        ...(isResolved && { stateChanges: changes.map((change) => stateChangeOf(rules, change)) }),
      },
    };
  });
}

function stateChangeOf(rules: RoomVersionRules, { type, stateKey, before, after }: DraftedStateChange): StateChange {
  return {
    type,
    stateKey,
    event: after && { position: after.position, body: storedEventBody({ ...after, rules }) },
    replaced: before && replacedEventOf(before),
  };
}

/** A PDU's text with what this server keeps beside it. */
export function storedJson(
  { pduJson, redactedBecause, redactsNothing }: AcceptedEvent,
  replacesState: string | undefined,
): string {
  if (replacesState === undefined && redactedBecause === undefined && !redactsNothing) return pduJson;
  return storedText(pduJson, {
    ...(replacesState !== undefined && { replaces_state: replacesState }),
    ...(redactedBecause !== undefined && { redacted_because: redactedBecause }),
    ...(redactsNothing && { redacts_nothing: true }),
  });
}

/** The rows that say where the state after an event is. A set that is named by the event is new. */
export function forkWrites(shard: OwnedShard, room: HotRoom, position: number, place: StatePlace): Write[] {
  const { stateSet, own } = place;
  const event = insertForkEvent(room.name.id, position, place);
  if (stateSet !== position) return [event];
  const states = [...own.values()].map((difference) =>
    insertForkState({
      room: room.name.id,
      stateSet,
      type: nameId(shard, difference.type),
      stateKey: nameId(shard, difference.stateKey),
      event: difference.event?.position ?? null,
    }),
  );
  return [event, ...states];
}

/** The rows of a draft. Every name in it must have been interned. `origin` is that of its last event. */
export function draftWrites(shard: OwnedShard, draft: DraftRoom, origin: EventOrigin = unknownOrigin): Write[] {
  const { room, events } = draft;
  const positions = (extremities: typeof room.extremities) => extremities.map(({ position }) => position);
  return [
    ...events.flatMap((drafted, index) => [
      ...eventWrites(shard, draft, drafted, index === events.length - 1 ? origin : unknownOrigin),
      ...drafted.changes.flatMap((change) => stateWrites(shard, draft, change, drafted.position)),
      ...(drafted.place ? forkWrites(shard, room, drafted.position, drafted.place) : []),
      ...notificationWrites(shard, draft, drafted.notice, drafted.position),
    ]),
    ...changeForwardExtremities(room.name.id, positions(room.extremities), positions(draft.extremities)),
  ];
}

function eventWrites(shard: OwnedShard, { room }: DraftRoom, drafted: DraftedEvent, origin: EventOrigin): Write[] {
  const { event, position, notice, auth } = drafted;
  const { pdu, eventId } = event;
  const { transaction, identityHash } = origin;
  recentPdus.of(shard.context).add(eventId, event.pduJson);
  const place = { room: room.name.id, position, sender: nameId(shard, pdu.sender), type: nameId(shard, pdu.type) };
  const relation = relationOf(pdu);
  const row = insertEvent({
    ...place,
    shard: shard.id,
    eventId,
    transactionHash: identityHash ?? null,
    transaction: transaction ? transactionText(transaction.deviceId, transaction.transactionId) : null,
    notifyOrdinal: notice.ordinal,
    flags: flagsOf(drafted),
    thread: notice.thread?.position ?? null,
    pduJson: storedJson(event, drafted.replaced?.eventId),
    auth: auth ?? null,
  });
  return relation ? [row, ...insertRelation(place, relation)] : [row];
}

function flagsOf({ event, notice, isResolved }: DraftedEvent): number {
  return (
    (event.redactedBecause === undefined ? 0 : eventFlags.redacted) |
    (notice.notifies ? eventFlags.notifies : 0) |
    (isResolved ? eventFlags.resolved : 0) |
    (event.isRelayed ? eventFlags.relayed : 0) |
    (event.isSentElsewhere ? eventFlags.sentElsewhere : 0) |
    (event.isAfterGap ? eventFlags.afterGap : 0) |
    (notice.highlightsAll ? eventFlags.highlightsAll : 0) |
    (event.pdu.state_key === undefined ? 0 : eventFlags.state)
  );
}

function stateWrites(
  shard: OwnedShard,
  { room }: DraftRoom,
  { type, stateKey, after, openSince }: DraftedStateChange,
  position: number,
): Write[] {
  const membership = after && type === 'm.room.member' ? membershipCode(after.pdu.content['membership']) : null;
  const span = {
    shard: shard.id,
    room: room.name.id,
    type: nameId(shard, type),
    stateKey: nameId(shard, stateKey),
    membership,
  };
  const opened = openStateSpan(span, position, after?.position ?? null);
  return openSince === undefined ? [opened] : [opened, closeStateSpan(span, openSince, position)];
}

function notificationWrites(shard: OwnedShard, { room }: DraftRoom, notice: EventNotice, position: number): Write[] {
  return [...notice.notified].map(([userId, flags]) =>
    insertNotification({
      room: room.name.id,
      member: nameId(shard, userId),
      shard: shard.id,
      position,
      thread: notice.thread?.position ?? null,
      flags,
    }),
  );
}

export function nameId(shard: OwnedShard, name: string): number {
  const id = cachedNameId(shard.context, name);
  if (id === undefined) throw new Error('a name was not interned before the event was built');
  return id;
}
