import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { buildEvent } from '@holdfast/protocol/events/build-event.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import type { RoomName } from '../../storage/names/room-names.ts';
import { rulesOfRoom } from '../../storage/names/room-names.ts';
import type { StoredEvent } from '../../storage/rooms/event-row.ts';
import { eventReference } from '../event-reference.ts';
import type { ReceivedEvent } from '../received-event.ts';
import { appendMembershipOutOfBand } from './append-membership-out-of-band.ts';
import { askInTurn } from './ask-in-turn.ts';
import { type MadeMembership, makeMembership } from './make-membership.ts';

export interface RemoteLeave {
  readonly room: RoomName;
  /** Local. */
  readonly userId: string;
  /** The invitation or knock that ends. */
  readonly member: StoredEvent;
  readonly content: JsonObject;
  readonly servers: readonly string[];
}

const limits = { timeoutMs: 30_000, timeoutEachMs: 15_000 };

/**
 * Rejects an invitation to a room on other servers, or takes a knock on one back. Where no server there can be told, or
 * none takes it, the user is out all the same, as far as this server goes. Returns the event's id.
 * https://spec.matrix.org/v1.19/server-server-api/#leaving-rooms-rejecting-invites
 */
export async function leaveRemoteRoom(context: Context, leave: RemoteLeave): Promise<string> {
  const { room, userId, servers } = leave;
  const { roomId, version } = room;
  const event = await tellLeave(context, leave).catch((error: unknown) => {
    if (!(error instanceof MatrixError)) throw error;
    context.log.info({ roomId, userId, servers, error: error.message }, 'an invitation was rejected here only');
    return makeLeaveAlone(context, leave);
  });
  await appendMembershipOutOfBand(context, { roomId, version, event, unsigned: {} });
  return event.eventId;
}

async function tellLeave(context: Context, { room, userId, content, servers }: RemoteLeave): Promise<ReceivedEvent> {
  const { roomId } = room;
  const wish = { membership: 'leave', roomId, userId, content } as const;
  const { answer } = await askInTurn(context, servers, limits, async (server, timeoutMs) => {
    const made = await makeMembership(context, server, wish, timeoutMs);
    if (made.version !== room.version)
      throw new RemoteServerError('bad-answer', server, 'the room has another version');
    await sendLeave(context, server, roomId, made, timeoutMs);
    return { eventId: made.event.eventId, pduJson: made.event.pduJson };
  });
  return answer;
}

async function sendLeave(
  context: Context,
  server: string,
  roomId: string,
  { event }: MadeMembership,
  timeoutMs: number,
): Promise<void> {
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(event.eventId)}`;
  const path = `/_matrix/federation/v2/send_leave/${place}`;
  await askServer(context, { server, method: 'PUT', path, bodyJson: event.pduJson, timeoutMs });
}

/** A leave that comes right after the event that it ends. Nobody else has to agree. */
function makeLeaveAlone(context: Context, { room, userId, member, content }: RemoteLeave): ReceivedEvent {
  const { serverName, signingKey, random, clock } = context;
  const rules = rulesOfRoom(room);
  const reference = eventReference(rules, member.eventId, member.pdu);
  const built = buildEvent(
    {
      type: 'm.room.member',
      sender: userId,
      stateKey: userId,
      roomId: room.roomId,
      content: { ...content, membership: 'leave' },
      originServerTs: clock.wallMs(),
      depth: Math.min(member.pdu.depth + 1, Number.MAX_SAFE_INTEGER),
      prevEvents: [reference],
      authEvents: [reference],
      eventId: rules.eventIds === 'server' ? `$${random.token(18)}:${serverName}` : undefined,
    },
    rules,
    { name: serverName, ...signingKey },
    cryptoPrimitives,
  );
  if (!built) throw new Error('a leave could not be built');
  return { eventId: built.eventId, pduJson: built.pduJson };
}
