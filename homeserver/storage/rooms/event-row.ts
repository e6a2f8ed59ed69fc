import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import { type RoomName, rulesOfRoom } from '../names/room-names.ts';
import { unpackEvent } from './pack-event.ts';

/** Bits of event.flags. */
export const eventFlags = {
  notifies: 1,
  rejected: 2,
  softFailed: 4,
  redacted: 8,
  state: 16,
  highlightsAll: 32,
  /** In no timeline: known as state or for its authority only. */
  outlier: 64,
  /** Changed the room's state otherwise than by becoming part of it. */
  resolved: 128,
  /** Of what comes right before it, something is not here, or came only later. */
  afterGap: 256,
  /** Of another server's user, and this server's to send to the other servers in the room. */
  relayed: 1024,
  /** Of a local user, and another server's to send: it went there first. */
  sentElsewhere: 2048,
  /** An operator had its content taken away, and nobody is shown it any more. */
  purged: 4096,
} as const;

/** With one of these an event is in no timeline. */
export const hiddenFlags = eventFlags.rejected | eventFlags.softFailed | eventFlags.outlier | eventFlags.purged;

/** The columns that make a StoredEvent; `e` is the table's alias. */
export const eventColumns =
  'e.shard, e.position, e.room, e.event_id AS "eventId", e.transaction, e.notify_ordinal AS "notifyOrdinal", e.flags, e.thread, e.body';

export interface EventRow {
  readonly shard: number;
  readonly position: number;
  readonly room: number;
  readonly eventId: string;
  readonly transaction: string | null;
  readonly notifyOrdinal: number;
  readonly flags: number;
  readonly thread: number | null;
  readonly body: Uint8Array;
}

/** What this server keeps beside a PDU, inside the stored JSON's `unsigned`. */
export interface StoredUnsigned {
  /** Event id of the state event that it replaced. */
  readonly replaces_state?: string;
  /** Event id of the redaction that took its content away. */
  readonly redacted_because?: string;
  /** Of a redaction: it takes nothing away, since its sender may not or its target is not here. */
  readonly redacts_nothing?: boolean;
  /** Stripped state that came with an invitation from another server, or with a knock there. */
  readonly invite_room_state?: readonly JsonObject[];
  readonly knock_room_state?: readonly JsonObject[];
  /** The server in the room that sent the invitation or took the knock. */
  readonly resident_server?: string;
}

/** A room event as it is stored. */
export interface StoredEvent {
  readonly shard: number;
  readonly position: number;
  readonly roomNumber: number;
  readonly roomId: string;
  readonly rules: RoomVersionRules;
  readonly eventId: string;
  readonly pdu: Pdu;
  readonly unsigned: StoredUnsigned;
  readonly notifyOrdinal: number;
  readonly flags: number;
  /** Position of the root of its thread. */
  readonly thread: number | null;
  readonly transaction?: { readonly deviceId: string; readonly transactionId: string };
}

export function storedEventOf(row: EventRow, room: RoomName): StoredEvent {
  const { unsigned, ...pdu } = JSON.parse(unpackEvent(row.body)) as Pdu;
  return {
    shard: row.shard,
    position: row.position,
    roomNumber: row.room,
    roomId: room.roomId,
    rules: rulesOfRoom(room),
    eventId: row.eventId,
    pdu,
    unsigned: unsigned ?? {},
    notifyOrdinal: row.notifyOrdinal,
    flags: row.flags,
    thread: row.thread,
    ...(row.transaction !== null && { transaction: parseTransaction(row.transaction) }),
  };
}

/** `DEVICE TRANSACTION`; device ids have no spaces. */
export function transactionText(deviceId: string, transactionId: string): string {
  return `${deviceId} ${transactionId}`;
}

export function parseTransaction(text: string): { deviceId: string; transactionId: string } {
  const space = text.indexOf(' ');
  return { deviceId: text.slice(0, space), transactionId: text.slice(space + 1) };
}
