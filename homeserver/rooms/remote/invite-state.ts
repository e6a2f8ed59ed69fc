import { stripStateEvent } from '@holdfast/protocol/events/client-event.ts';
import { encodePdu } from '@holdfast/protocol/events/encode-pdu.ts';
import type { JsonObject, Pdu } from '@holdfast/protocol/events/pdu.ts';
import { roomIdOf } from '@holdfast/protocol/events/reference-hash.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { verifyReceivedEvents } from '../../remote-servers/received-events/verify-received-events.ts';
import { type RoomName, rulesOfRoom } from '../../storage/names/room-names.ts';
import { readState } from '../../storage/rooms/read-state.ts';

/** https://spec.matrix.org/v1.19/client-server-api/#stripped-state */
const shownTypes = [
  'm.room.create',
  'm.room.name',
  'm.room.avatar',
  'm.room.topic',
  'm.room.join_rules',
  'm.room.canonical_alias',
  'm.room.encryption',
];

/**
 * The state events that tell a stranger what room it is, whole, as JSON. With `sender`, whose member event is told, too.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2inviteroomideventid
 */
export async function readInviteState(context: Context, room: RoomName, sender?: string): Promise<string[]> {
  const keys: [string, string][] = shownTypes.map((type) => [type, '']);
  if (sender !== undefined) keys.push(['m.room.member', sender]);
  const events = await readState(context, room, { keys });
  const rules = rulesOfRoom(room);
  return events.map(({ pdu }) => encodePdu(pdu, rules));
}

/** Entries beyond this many are nothing that one needs to know a room. */
const maxStateEvents = 100;

/**
 * What came with an invitation or knock as stripped state for clients. Events that are malformed, badly signed or of
 * another room are left out. `problem`: a room whose id can be checked has no sound create event there, or something
 * else than events of the room.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv2inviteroomideventid
 */
export async function checkInviteState(
  context: Context,
  rules: RoomVersionRules,
  roomId: string,
  given: unknown,
): Promise<{ readonly stripped: JsonObject[]; readonly problem?: string }> {
  const entries = Array.isArray(given) ? given.slice(0, maxStateEvents).filter(isJsonObject) : [];
  // Before events were demanded whole, they came stripped: nothing about such ones can be checked.
  const whole = entries.filter((entry) => Object.hasOwn(entry, 'signatures') && Object.hasOwn(entry, 'hashes'));
  const verified = await verifyReceivedEvents(context, rules, whole);
  const sound: Pdu[] = verified.flatMap((event) =>
    event.problem || roomIdOf(event.pdu, event.eventId, rules) !== roomId ? [] : [event.pdu],
  );
  const hasCreate = sound.some(({ type, state_key: stateKey }) => type === 'm.room.create' && stateKey === '');
  if (rules.roomIdIsCreateHash) {
    const problem =
      sound.length < entries.length ? 'An event of the room state that came along is not sound' : undefined;
    if (!hasCreate) return { stripped: [], problem: 'The create event is not in the room state that came along' };
    return { stripped: sound.map(stripStateEvent), ...(problem !== undefined && { problem }) };
  }
  const merely = entries.filter((entry) => !whole.includes(entry) && isStripped(entry));
  return { stripped: [...sound, ...(merely as unknown as Pdu[])].map(stripStateEvent) };
}

function isStripped({ type, sender, content, state_key: stateKey }: JsonObject): boolean {
  return (
    typeof type === 'string' && typeof sender === 'string' && typeof stateKey === 'string' && isJsonObject(content)
  );
}
