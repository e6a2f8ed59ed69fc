import { type BuiltEvent, buildEvent } from '@holdfast/protocol/events/build-event.ts';
import { checkEventFormat } from '@holdfast/protocol/events/check-event-format.ts';
import type { EventReference, JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import {
  type RoomVersionRules,
  roomVersionRules,
  supportedRoomVersions,
} from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { cryptoPrimitives } from '../../platform/cryptography/crypto-primitives.ts';
import { askServer } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';

export type HandshakeMembership = 'join' | 'knock' | 'leave';

export interface MembershipWish {
  readonly membership: HandshakeMembership;
  readonly roomId: string;
  /** Local. */
  readonly userId: string;
  /** Of the event, besides what the other server says: profile, reason. */
  readonly content: JsonObject;
}

/** Our own membership event for a room on other servers: signed, and not sent yet. */
export interface MadeMembership {
  readonly version: string;
  readonly rules: RoomVersionRules;
  readonly event: BuiltEvent;
}

/**
 * Asks a server in the room what a membership event would have to refer to, and makes it. Throws RemoteServerError; a
 * template that is not what was asked for is a bad answer.
 * https://spec.matrix.org/v1.19/server-server-api/#joining-rooms, #knocking-rooms, #leaving-rooms-rejecting-invites
 */
export async function makeMembership(
  context: Context,
  server: string,
  wish: MembershipWish,
  timeoutMs: number,
): Promise<MadeMembership> {
  const { membership, roomId, userId } = wish;
  const versions =
    membership === 'leave'
      ? ''
      : `?${supportedRoomVersions()
          .map((id) => `ver=${id}`)
          .join('&')}`;
  const place = `${encodeURIComponent(roomId)}/${encodeURIComponent(userId)}`;
  const path = `/_matrix/federation/v1/make_${membership}/${place}${versions}`;
  const asked = { server, method: 'GET', path, timeoutMs, maxBytes: maxTemplateBytes } as const;
  const answer = await askServer(context, { ...asked, evenWhenBackingOff: true });
  const bad = (message: string) => new RemoteServerError('bad-answer', server, message);
  const { room_version: version = '1', event: template } = answer;
  const rules = typeof version === 'string' ? roomVersionRules(version) : undefined;
  if (!rules) throw bad(`the room has the version ${JSON.stringify(version)}, which is not supported`);
  if (!isJsonObject(template)) throw bad('the answer has no event');
  const problem = checkTemplate(template, wish);
  if (problem !== undefined) throw bad(problem);
  const event = fillIn(context, rules, template, wish);
  if (!event) throw bad('the template makes no event of the room version');
  return { version: rules.id, rules, event };
}

const maxTemplateBytes = 100_000;

function checkTemplate(template: JsonObject, { membership, roomId, userId }: MembershipWish): string | undefined {
  if (template['type'] !== 'm.room.member') return 'the template is of another type';
  if (template['room_id'] !== roomId) return 'the template is of another room';
  if (template['sender'] !== userId || template['state_key'] !== userId) return 'the template is of another user';
  const { content } = template;
  return isJsonObject(content) && content['membership'] === membership
    ? undefined
    : 'the template is of another membership';
}

function fillIn(
  context: Context,
  rules: RoomVersionRules,
  template: JsonObject,
  { membership, roomId, userId, content }: MembershipWish,
): BuiltEvent | undefined {
  const { serverName, signingKey, random, clock } = context;
  const given = template['content'] as JsonObject;
  const authorisingUser = given['join_authorised_via_users_server'];
  const { depth, prev_events: prevEvents, auth_events: authEvents } = template;
  if (typeof depth !== 'number' || !Array.isArray(prevEvents) || !Array.isArray(authEvents)) return undefined;
  const draft = {
    type: 'm.room.member',
    sender: userId,
    stateKey: userId,
    roomId,
    content: {
      ...content,
      membership,
      ...(membership === 'join' &&
        typeof authorisingUser === 'string' && { join_authorised_via_users_server: authorisingUser }),
    },
    originServerTs: clock.wallMs(),
    depth,
    prevEvents: prevEvents as EventReference[],
    authEvents: authEvents as EventReference[],
    eventId: rules.eventIds === 'server' ? `$${random.token(18)}:${serverName}` : undefined,
  };
  // What the other server gave is checked as part of the event, before anything is hashed and signed.
  const placeholder = { sha256: '' };
  const candidate: JsonObject = {
    type: draft.type,
    sender: userId,
    state_key: userId,
    room_id: roomId,
    content: draft.content,
    origin_server_ts: draft.originServerTs,
    depth,
    prev_events: prevEvents,
    auth_events: authEvents,
    hashes: placeholder,
    signatures: {},
    ...(draft.eventId !== undefined && { event_id: draft.eventId }),
  };
  if (checkEventFormat(candidate, rules).problem) return undefined;
  return buildEvent(draft, rules, { name: serverName, ...signingKey }, cryptoPrimitives);
}
