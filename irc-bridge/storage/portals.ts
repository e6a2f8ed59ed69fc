import type { BridgeSql } from './open-bridge-database.ts';

export type PortalKind = 'alias' | 'linked' | 'private' | 'canary';

/** A room and the channel, or the person, that it is joined to. */
export interface Portal {
  readonly roomId: string;
  readonly network: string;
  /** Folded by the network's case mapping. */
  readonly target: string;
  /** As it is written on IRC. */
  readonly displayTarget: string;
  /** The Matrix user in private messages, else ''. */
  readonly userId: string;
  readonly kind: PortalKind;
  /** Encrypted. */
  readonly channelKey: Uint8Array | null;
  readonly isEncrypted: boolean;
}

const columns = `room_id AS "roomId", network, target, display_target AS "displayTarget", user_id AS "userId", kind,
  channel_key AS "channelKey", is_encrypted AS "isEncrypted"`;

export async function readPortals(sql: BridgeSql): Promise<Portal[]> {
  return [...(await sql.unsafe<Portal[]>(`SELECT ${columns} FROM portal`))];
}

/** False when the room or the channel has a portal already. */
export async function addPortal(sql: BridgeSql, portal: Portal): Promise<boolean> {
  const rows = await sql`
    INSERT INTO portal (room_id, network, target, display_target, user_id, kind, channel_key, is_encrypted)
    VALUES (${portal.roomId}, ${portal.network}, ${portal.target}, ${portal.displayTarget}, ${portal.userId},
      ${portal.kind}, ${portal.channelKey}, ${portal.isEncrypted})
    ON CONFLICT DO NOTHING RETURNING room_id`;
  return rows.length > 0;
}

export async function removePortal(sql: BridgeSql, roomId: string): Promise<void> {
  await sql`WITH gone AS (DELETE FROM puppet_room WHERE room_id = ${roomId}) DELETE FROM portal WHERE room_id = ${roomId}`;
}

/** A room was upgraded: the portal, and what waits for it, goes with it. */
export async function movePortal(sql: BridgeSql, from: string, to: string): Promise<void> {
  await sql.begin(async (transaction) => {
    await transaction`UPDATE portal SET room_id = ${to} WHERE room_id = ${from}`;
    await transaction`UPDATE outbox SET room_id = ${to} WHERE room_id = ${from}`;
    await transaction`DELETE FROM puppet_room WHERE room_id = ${from}`;
  });
}

/** Whom a conversation in private is with has another nick. */
export async function retargetPortal(
  sql: BridgeSql,
  roomId: string,
  { target, displayTarget }: Pick<Portal, 'target' | 'displayTarget'>,
): Promise<void> {
  await sql`UPDATE portal SET target = ${target}, display_target = ${displayTarget} WHERE room_id = ${roomId}`;
}

export async function setPortalKey(sql: BridgeSql, roomId: string, channelKey: Uint8Array | null): Promise<void> {
  await sql`UPDATE portal SET channel_key = ${channelKey} WHERE room_id = ${roomId}`;
}

export async function setPortalEncrypted(sql: BridgeSql, roomId: string): Promise<void> {
  await sql`UPDATE portal SET is_encrypted = true WHERE room_id = ${roomId}`;
}

/** A wish to link a room, which an operator of the channel has to agree to. */
export interface LinkRequest {
  readonly network: string;
  readonly target: string;
  readonly roomId: string;
  readonly userId: string;
  readonly code: string;
  /** Encrypted. */
  readonly channelKey: Uint8Array | null;
}

/** Takes the place of an earlier wish for the channel. */
export async function putLinkRequest(sql: BridgeSql, request: LinkRequest, lifetimeMs: number): Promise<void> {
  await sql`
    INSERT INTO link_request (network, target, room_id, user_id, code, channel_key, expires_at)
    VALUES (${request.network}, ${request.target}, ${request.roomId}, ${request.userId}, ${request.code},
      ${request.channelKey}, now() + ${lifetimeMs} * interval '1 millisecond')
    ON CONFLICT (network, target) DO UPDATE SET room_id = excluded.room_id, user_id = excluded.user_id,
      code = excluded.code, channel_key = excluded.channel_key, expires_at = excluded.expires_at`;
}

/** Gives the wish with this code, and takes it away. */
export async function takeLinkRequest(
  sql: BridgeSql,
  network: string,
  target: string,
  code: string,
): Promise<LinkRequest | undefined> {
  const [row] = await sql<LinkRequest[]>`
    DELETE FROM link_request WHERE network = ${network} AND target = ${target} AND code = ${code} AND expires_at > now()
    RETURNING network, target, room_id AS "roomId", user_id AS "userId", code, channel_key AS "channelKey"`;
  return row;
}

/** Takes away the wishes that nobody agreed to in time; gives their channels. */
export async function takeExpiredLinkRequests(sql: BridgeSql): Promise<{ network: string; target: string }[]> {
  return [
    ...(await sql<{ network: string; target: string }[]>`
      DELETE FROM link_request WHERE expires_at <= now() RETURNING network, target`),
  ];
}
