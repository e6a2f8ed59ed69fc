import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { JsonObject, JsonValue, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import type { Command } from '../../platform/shard-log/command.ts';
import { askServer, askServerForBytes } from '../../remote-servers/ask-server.ts';
import { RemoteServerError } from '../../remote-servers/remote-server-error.ts';
import { findRoom, type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { addLocalEvent, prepareToAppend } from '../append-events.ts';
import { DraftRoom } from '../draft-room.ts';
import type { EventIntent } from '../event-intent.ts';
import { hotRooms } from '../hot-rooms.ts';
import { signOwnEvent } from '../policy-servers/send-signed-events.ts';
import { receiveEvents } from '../receive-events.ts';
import type { ReceivedEvent } from '../received-event.ts';
import { checkJoined, notInRoom } from '../room-command.ts';
import { matrixErrorOf } from './ask-in-turn.ts';
import { readInviteState } from './invite-state.ts';
import { requireAccepted } from './require-accepted.ts';

interface BuildInviteInput {
  readonly roomId: string;
  readonly intent: EventIntent;
}

/** Writes nothing: the invited user's server has to sign the invitation before it goes into the room. */
export const buildInviteCommand: Command<BuildInviteInput, ReceivedEvent> = {
  name: 'build-invite',
  key: (input) => input.roomId,
  releases: 'decided',
  async decide(shard, { roomId, intent }) {
    const room = await shard.remember(hotRooms).load(roomId);
    if (!room) throw notInRoom();
    await prepareToAppend(shard, room, [intent]);
    checkJoined(room, intent.sender);
    const { eventId, pduJson } = addLocalEvent(shard, new DraftRoom(shard, room), intent);
    return { result: { eventId, pduJson } };
  },
};

const timeoutMs = 30_000;
const maxReplyBytes = 1024 * 1024;

/**
 * Invites a user of another server: that server signs the invitation, which then goes into the room. Returns its id.
 * Throws M_FORBIDDEN, M_INVITE_BLOCKED, M_INCOMPATIBLE_ROOM_VERSION, M_CONNECTION_FAILED, M_CONNECTION_TIMEOUT and what
 * else the other server refuses it with.
 * https://spec.matrix.org/v1.19/server-server-api/#inviting-to-a-room
 */
export async function inviteRemoteUser(context: Context, roomId: string, intent: EventIntent): Promise<string> {
  const room = await findRoom(context, roomId);
  const server = parseUserId(intent.stateKey ?? '')?.serverName;
  if (!room || server === undefined) throw notInRoom();
  const built = await context.shardLog.submit(buildInviteCommand, room.shard, { roomId, intent });
  const recommended = { ...built, pduJson: await signOwnEvent(context, room, built.pduJson) };
  const event = await askToSign(
    context,
    room,
    server,
    recommended,
    await readInviteState(context, room, intent.sender),
  );
  const [outcome] = await receiveEvents(context, { roomId, origin: context.serverName, events: [event] });
  const { eventId, pduJson } = event;
  await requireAccepted(context, { eventId, roomId, pdu: JSON.parse(pduJson) as Pdu }, outcome);
  return eventId;
}

async function askToSign(
  context: Context,
  room: RoomName,
  server: string,
  { eventId, pduJson }: ReceivedEvent,
  state: readonly string[],
): Promise<ReceivedEvent> {
  const place = `${encodeURIComponent(room.roomId)}/${encodeURIComponent(eventId)}`;
  try {
    const path = `/_matrix/federation/v2/invite/${place}`;
    const version = JSON.stringify(room.version);
    const bodyJson = `{"event":${pduJson},"invite_room_state":[${state.join(',')}],"room_version":${version}}`;
    const asked = { server, method: 'PUT', path, bodyJson, timeoutMs, maxBytes: maxReplyBytes } as const;
    const { event } = await askServer(context, { ...asked, evenWhenBackingOff: true });
    return withSignatureOf(room, server, { eventId, pduJson }, event);
  } catch (error) {
    if (!mayBeOld(error, room)) throw matrixErrorOf(error);
  }
  try {
    const unsigned = `,"unsigned":{"invite_room_state":[${state.join(',')}]}}`;
    const path = `/_matrix/federation/v1/invite/${place}`;
    const bodyJson = `${pduJson.slice(0, -1)}${unsigned}`;
    const asked = { server, method: 'PUT', path, bodyJson, timeoutMs, maxBytes: maxReplyBytes } as const;
    const { event } = await readPair(server, (await askServerForBytes(context, asked)).body);
    return withSignatureOf(room, server, { eventId, pduJson }, event);
  } catch (error) {
    throw matrixErrorOf(error);
  }
}

/** Servers from before version 2 of the operation know only rooms of the first two versions. */
function mayBeOld(error: unknown, { version }: RoomName): boolean {
  if (!(error instanceof RemoteServerError) || error.kind !== 'refused') return false;
  const isUnknownPath = error.status === 404 || (error.status === 400 && error.errcode !== 'M_INVALID_PARAM');
  return isUnknownPath && (version === '1' || version === '2');
}

/** The reply of the operation's version 1: `[200, { ... }]`. */
async function readPair(server: string, body: AsyncIterable<unknown>): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  let pair: unknown;
  try {
    pair = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch {
    pair = undefined;
  }
  const answer = Array.isArray(pair) ? (pair[1] as JsonValue) : undefined;
  if (isJsonObject(answer)) return answer;
  throw new RemoteServerError('bad-answer', server, 'its answer to the invitation cannot be read');
}

/** Our own event with the other server's signature; nothing else is taken from what it gave back. */
function withSignatureOf(
  room: RoomName,
  server: string,
  { eventId, pduJson }: ReceivedEvent,
  returned: JsonValue | undefined,
): ReceivedEvent {
  const signatures = isJsonObject(returned) ? returned['signatures'] : undefined;
  const theirs = isJsonObject(signatures) ? signatures[server] : undefined;
  if (!isJsonObject(theirs) || !Object.values(theirs).every((signature) => typeof signature === 'string')) {
    throw new RemoteServerError('bad-answer', server, 'it did not sign the invitation');
  }
  const pdu = JSON.parse(pduJson) as Pdu;
  const signed: Pdu = { ...pdu, signatures: { ...pdu.signatures, [server]: theirs as Record<string, string> } };
  return { eventId, pduJson: encodePdu(signed, rulesOfRoom(room)) };
}
