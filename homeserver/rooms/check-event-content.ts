import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText, isWithinIdentifierLimit } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { checkCanonicalJson } from '@holdfast/protocol/json/check-canonical-json.ts';
import { type RoomVersionRules, roomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../platform/context.ts';
import { cachedRoom, findRoom, rulesOfRoom } from '../storage/names/room-names.ts';

/** What a client gives of an event. */
export interface GivenEvent {
  readonly type: string;
  readonly stateKey?: string | undefined;
  readonly content: JsonObject;
}

/**
 * Refuses what could not be hashed, signed, stored or sent to other servers, before anything is decided.
 * Throws M_BAD_JSON, M_INVALID_PARAM or M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#size-limits
 */
export function checkEventContent(rules: RoomVersionRules, { type, stateKey, content }: GivenEvent): void {
  const problem = checkCanonicalJson(content, { strict: rules.strictCanonicalJson });
  if (problem) throw new MatrixError('M_BAD_JSON', problem.message);
  checkName('type', type);
  if (stateKey !== undefined) checkName('state_key', stateKey);
  if (type === '') throw new MatrixError('M_INVALID_PARAM', 'The type of an event must not be empty');
}

/** As checkEventContent, by the version of a room; in an unknown room, where nothing is sent anyway, by the newest. */
export async function checkEventForRoom(context: Context, roomId: string, event: GivenEvent): Promise<void> {
  const room = cachedRoom(context, roomId) ?? (await findRoom(context, roomId));
  const rules = room ? rulesOfRoom(room) : roomVersionRules('12');
  if (rules) checkEventContent(rules, event);
}

function checkName(name: string, value: string): void {
  if (!isStorableText(value)) throw new MatrixError('M_INVALID_PARAM', `The ${name} holds characters that no text has`);
  if (!isWithinIdentifierLimit(value)) throw new MatrixError('M_TOO_LARGE', `The ${name} is longer than 255 bytes`);
}
