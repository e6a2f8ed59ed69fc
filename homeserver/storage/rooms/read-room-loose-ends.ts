import { type Pdu, referencedEventId } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { nameTexts } from '../names/intern-names.ts';
import type { RoomName } from '../names/room-names.ts';
import { unpackEvent } from './pack-event.ts';
import { currentPosition } from './read-state.ts';

/** An event that waits for events that it refers to. */
export interface WaitingEvent {
  readonly eventId: string;
  readonly origin: string;
  /** This server asked for it. */
  readonly isFetched: boolean;
  /** Of its text. */
  readonly characters: number;
  readonly prevEventIds: readonly string[];
  readonly authEventIds: readonly string[];
}

/** What few rooms have, and what the owner of a hot room must know of. */
export interface RoomLooseEnds {
  /** State that resolution took away, with the position since which it is gone. */
  readonly absent: readonly { readonly type: string; readonly stateKey: string; readonly since: number }[];
  /** Event ids that redactions here name and that are not here. */
  readonly earlyRedactions: readonly string[];
  readonly waiting: readonly WaitingEvent[];
  /** It was joined with partial state, and most members are not known yet. */
  readonly isPartial: boolean;
}

interface LooseEndRow {
  readonly kind: 'absent' | 'redaction' | 'waiting' | 'partial';
  readonly text: string | null;
  readonly type: number | null;
  readonly stateKey: number | null;
  readonly since: number | null;
  readonly origin: string | null;
  readonly fetched: boolean | null;
  readonly body: Uint8Array | null;
}

const nothing: RoomLooseEnds = { absent: [], earlyRedactions: [], waiting: [], isPartial: false };
/** Of redactions whose target never came. */
const maxEarlyRedactions = 10_000;

/** One query; for most rooms it finds nothing. */
export async function readRoomLooseEnds(context: Context, room: RoomName): Promise<RoomLooseEnds> {
  const rows = await context.database.unsafe<LooseEndRow[]>(
    `SELECT 'absent' AS kind, NULL::text AS text, type, state_key AS "stateKey", from_position AS since,
       NULL::text AS origin, NULL::boolean AS fetched, NULL::bytea AS body
     FROM room_state WHERE room = $1 AND event IS NULL AND to_position = ${currentPosition}
     UNION ALL
     (SELECT DISTINCT 'redaction', redacts, NULL::int, NULL::int, NULL::bigint, NULL, NULL::boolean, NULL::bytea FROM early_redaction
      WHERE room = $1 LIMIT ${maxEarlyRedactions})
     UNION ALL
     SELECT 'waiting', event_id, NULL, NULL, NULL, origin, fetched, body FROM received_pdu WHERE room = $1
     UNION ALL
     SELECT 'partial', NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM partial_state_room
     WHERE room = $1 AND whole_since IS NULL`,
    [room.id],
    { prepare: true },
  );
  if (rows.length === 0) return nothing;
  const names = await nameTexts(
    context,
    rows.flatMap(({ type, stateKey }) => [type, stateKey].filter((id) => id !== null)),
  );
  const ofKind = (kind: LooseEndRow['kind']) => rows.filter((row) => row.kind === kind);
  return {
    absent: ofKind('absent').map(({ type, stateKey, since }) => ({
      type: names.get(type ?? 0) ?? '',
      stateKey: names.get(stateKey ?? 0) ?? '',
      since: since ?? 0,
    })),
    isPartial: ofKind('partial').length > 0,
    earlyRedactions: ofKind('redaction').map(({ text }) => text ?? ''),
    waiting: ofKind('waiting').flatMap(({ text, origin, fetched, body }) =>
      body
        ? [
            {
              eventId: text ?? '',
              origin: origin ?? '',
              isFetched: fetched === true,
              ...readReferences(unpackEvent(body)),
            },
          ]
        : [],
    ),
  };
}

function readReferences(pduJson: string): Pick<WaitingEvent, 'prevEventIds' | 'authEventIds' | 'characters'> {
  const pdu = JSON.parse(pduJson) as Pdu;
  return {
    characters: pduJson.length,
    prevEventIds: pdu.prev_events.map(referencedEventId),
    authEventIds: pdu.auth_events.map(referencedEventId),
  };
}

/** A verified event that waits. */
export interface ReceivedPdu {
  readonly eventId: string;
  readonly origin: string;
  /** This server asked for it. */
  readonly isFetched: boolean;
  readonly pduJson: string;
}

/** Events of a room that wait, by id. One query. */
export async function readReceivedPdus(
  context: Context,
  room: RoomName,
  eventIds: readonly string[],
): Promise<ReceivedPdu[]> {
  if (eventIds.length === 0) return [];
  const rows = await context.database.unsafe<(Omit<ReceivedPdu, 'pduJson'> & { body: Uint8Array })[]>(
    `SELECT event_id AS "eventId", origin, fetched AS "isFetched", body FROM received_pdu WHERE room = $1 AND event_id = ANY($2::text[])`,
    [room.id, eventIds as string[]],
    { prepare: true },
  );
  return rows.map(({ body, ...row }) => ({ ...row, pduJson: unpackEvent(body) }));
}

/** Rooms of a shard in which events wait, with the number of them. */
export async function readRoomsWithWaiting(
  context: Context,
  shard: number,
): Promise<{ roomId: string; count: number }[]> {
  return await context.database<{ roomId: string; count: number }[]>`
    SELECT room.room_id AS "roomId", count(*)::int AS count FROM received_pdu JOIN room ON room.id = received_pdu.room
    WHERE received_pdu.shard = ${shard} GROUP BY room.room_id`;
}

/** Redactions that came before an event. One query. */
export async function readEarlyRedactions(
  context: Context,
  room: RoomName,
  eventId: string,
): Promise<{ position: number; hasPower: boolean }[]> {
  return await context.database<{ position: number; hasPower: boolean }[]>`
    SELECT position, has_power AS "hasPower" FROM early_redaction
    WHERE room = ${room.id} AND redacts = ${eventId} ORDER BY position`;
}
