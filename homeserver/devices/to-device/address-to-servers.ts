import { hash } from 'node:crypto';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';

/** Messages to users of one other server, by user, by device id or `*`: the content. */
export type ToDeviceMessages = Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;

export interface OutgoingMessages {
  readonly sender: string;
  readonly type: string;
  /** What names the request: the same request makes the same message ids. */
  readonly identity: string;
  readonly destination: string;
  readonly messages: ToDeviceMessages;
}

/** Messages together in one EDU, in characters of their content; a larger one goes alone. */
const mostCharacters = 50_000;
const messageIdLength = 32;

/**
 * The contents of the m.direct_to_device EDUs for one server, as JSON: few, and none so large that it would fill a
 * transaction. https://spec.matrix.org/v1.19/server-server-api/#send-to-device-messaging
 */
export function addressToServer(outgoing: OutgoingMessages): string[] {
  const { sender, type, identity, destination } = outgoing;
  return [...packMessages(outgoing.messages)].map((messages, index) => {
    const name = JSON.stringify([identity, destination, index]);
    const messageId = hash('sha256', name, 'base64url').slice(0, messageIdLength);
    return JSON.stringify({ sender, type, message_id: messageId, messages });
  });
}

function* packMessages(messages: ToDeviceMessages): Generator<Record<string, Record<string, JsonObject>>> {
  let packed: Record<string, Record<string, JsonObject>> = {};
  let characters = 0;
  for (const [userId, devices] of Object.entries(messages)) {
    for (const [deviceId, content] of Object.entries(devices)) {
      const length = JSON.stringify(content).length;
      if (characters > 0 && characters + length > mostCharacters) {
        yield packed;
        packed = {};
        characters = 0;
      }
      (packed[userId] ??= {})[deviceId] = content;
      characters += length;
    }
  }
  if (characters > 0) yield packed;
}
