import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { appendMembershipOutOfBand } from './append-membership-out-of-band.ts';
import { askInTurn } from './ask-in-turn.ts';
import { checkInviteState } from './invite-state.ts';
import { makeMembership } from './make-membership.ts';

export interface RemoteKnock {
  readonly roomId: string;
  /** Local. */
  readonly userId: string;
  readonly content: JsonObject;
  readonly servers: readonly string[];
}

const limits = { timeoutMs: 60_000, timeoutEachMs: 30_000 };

/**
 * Asks to be let into a room on other servers. Returns the event's id. Throws M_NOT_FOUND, M_FORBIDDEN,
 * M_INCOMPATIBLE_ROOM_VERSION, M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT.
 * https://spec.matrix.org/v1.19/server-server-api/#knocking-rooms
 */
export async function knockOnRemoteRoom(context: Context, knock: RemoteKnock): Promise<string> {
  const { roomId, servers } = knock;
  const wish = { ...knock, membership: 'knock' } as const;
  const { server, answer } = await askInTurn(context, servers, limits, async (asked, timeoutMs) => {
    const made = await makeMembership(context, asked, wish, timeoutMs);
    const { event, rules, version } = made;
    const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(event.eventId)}`;
    const path = `/_matrix/federation/v1/send_knock/${place}`;
    const reply = await askServer(context, { server: asked, method: 'PUT', path, bodyJson: event.pduJson, timeoutMs });
    const { stripped } = await checkInviteState(context, rules, roomId, reply['knock_room_state']);
    return { event: { eventId: event.eventId, pduJson: event.pduJson }, version, stripped };
  });
  const { event, version, stripped } = answer;
  await appendMembershipOutOfBand(context, {
    roomId,
    version,
    event,
    unsigned: { knock_room_state: stripped, resident_server: server },
  });
  return event.eventId;
}
