import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { isStorableText } from '@holdfast/protocol/identifiers/identifier-text.ts';
import { isJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../../platform/context.ts';
import { isUserOfServer } from '../../rooms/server-of-user.ts';
import { putIntoInboxes } from '../send-to-device.ts';
import { requestIdentity } from './request-identity.ts';

const maxTypeLength = 255;
/** The specification says 32; others have been more generous. */
const maxMessageIdLength = 255;

/**
 * Takes an m.direct_to_device EDU in: puts its messages into the inboxes of this server's devices, once for each message
 * id of its sender. Unknown users and devices are passed over. Throws M_INVALID_PARAM, M_FORBIDDEN for a sender of another
 * server, M_TOO_LARGE. https://spec.matrix.org/v1.19/server-server-api/#send-to-device-messaging
 */
export async function receiveDirectToDevice(context: Context, origin: string, content: JsonObject): Promise<void> {
  const { sender, type, message_id: messageId, messages } = content;
  if (typeof sender !== 'string' || !isText(type, maxTypeLength) || !isText(messageId, maxMessageIdLength)) {
    throw new MatrixError('M_INVALID_PARAM', 'm.direct_to_device needs sender, type and message_id');
  }
  if (!isUserOfServer(sender, origin)) throw new MatrixError('M_FORBIDDEN', 'A server speaks for its own users');
  const identity = requestIdentity(['m.direct_to_device', sender, messageId]);
  await putIntoInboxes(context, { sender, type, identity, messages: parseMessages(context, messages) });
}

function isText(value: JsonValue | undefined, maxLength: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxLength && isStorableText(value);
}

/** What is for this server's users and of the right form. Throws M_INVALID_PARAM. */
function parseMessages(
  { serverName }: Context,
  messages: JsonValue | undefined,
): Record<string, Record<string, JsonObject>> {
  if (!isJsonObject(messages)) throw new MatrixError('M_INVALID_PARAM', 'm.direct_to_device needs messages');
  const parsed: Record<string, Record<string, JsonObject>> = {};
  for (const [userId, devices] of Object.entries(messages)) {
    if (!isUserOfServer(userId, serverName) || !isJsonObject(devices)) continue;
    const contents = Object.entries(devices).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]));
    parsed[userId] = Object.fromEntries(contents);
  }
  return parsed;
}
