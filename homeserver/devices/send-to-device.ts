import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../platform/context.ts';
import type { Write } from '../platform/shard-log/batch.ts';
import type { Command } from '../platform/shard-log/command.ts';
import type { NewEntry } from '../platform/shard-log/log-entry.ts';
import { type DeviceName, hasTransaction, readDevicesOf } from '../storage/devices/read-inbox.ts';
import {
  forgetTransactions,
  insertInboxMessage,
  insertSharedMessage,
  insertTransaction,
  sharedMessageId,
} from '../storage/devices/write-inbox.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { groupByServer } from './group-users.ts';
import { makeRoomInInboxes } from './inbox-sizes.ts';
import { addressToServer, type ToDeviceMessages } from './to-device/address-to-servers.ts';
import { queueToDeviceCommand } from './to-device/queue-to-device.ts';
import { forgetEvery, rememberedPositions, requestIdentity } from './to-device/request-identity.ts';

interface SendToDeviceInput {
  /** Names the request: base64 of a SHA-256. */
  readonly identity: string;
  /** Distinct events as JSON text. */
  readonly bodies: readonly string[];
  /** By user, by device id or `*`: index of the body. */
  readonly recipients: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const allDevices = '*';
const maxMessageBytes = 65_536;
/** Messages to single devices that one request may become. */
const maxMessages = 10_000;

export const sendToDeviceCommand: Command<SendToDeviceInput, null> = {
  name: 'send-to-device',
  key: ({ identity }) => `send-to-device ${identity}`,
  releases: 'committed',
  async decide(shard, input) {
    const { database } = shard.context;
    const identity = Buffer.from(input.identity, 'base64');
    const [isRepeated, devices] = await Promise.all([
      hasTransaction(database, shard.id, identity),
      readDevicesOf(database, Object.keys(input.recipients)),
    ]);
    if (isRepeated) return { result: null };
    const messages = addressMessages(input, devices);
    if (messages.length === 0) return { result: null };
    if (messages.length > maxMessages) throw tooManyMessages();
    const room = await makeRoomInInboxes(shard, messages);
    const committed = shard.append(messages.length, (first) => ({
      entries: messages.map(({ userId, deviceId }): NewEntry => ({ kind: 'to-device', body: { userId, deviceId } })),
      writes: [
        ...room,
        insertTransaction(shard.id, identity, first),
        ...(first % forgetEvery < messages.length ? [forgetTransactions(shard.id, first - rememberedPositions)] : []),
        ...messageWrites(shard.id, first, messages, input.bodies),
      ],
    }));
    return { result: null, committed };
  },
};

interface AddressedMessage extends DeviceName {
  readonly body: number;
}

/** Who gets what: a message to the device itself goes before one to all devices of its user. */
function addressMessages({ recipients }: SendToDeviceInput, devices: readonly DeviceName[]): AddressedMessage[] {
  return devices.flatMap(({ userId, deviceId }) => {
    const messages = recipients[userId] ?? {};
    const own = Object.hasOwn(messages, deviceId) ? messages[deviceId] : messages[allDevices];
    return own === undefined ? [] : [{ userId, deviceId, body: own }];
  });
}

/** A body that goes to one device is stored with it; one for several is stored once. */
function* messageWrites(
  shard: number,
  first: number,
  messages: readonly AddressedMessage[],
  bodies: readonly string[],
): Generator<Write> {
  const uses = new Map<number, number>();
  for (const { body } of messages) uses.set(body, (uses.get(body) ?? 0) + 1);
  const sharedIds = new Map<number, number>();
  for (const [index, { userId, deviceId, body }] of messages.entries()) {
    const position = first + index;
    const text = bodies[body] ?? '';
    const isShared = (uses.get(body) ?? 0) > 1;
    if (isShared && !sharedIds.has(body)) {
      sharedIds.set(body, sharedMessageId(shard, position));
      yield insertSharedMessage(sharedMessageId(shard, position), text);
    }
    const shared = sharedIds.get(body);
    const content = shared === undefined ? { body: text } : { shared };
    yield insertInboxMessage({ userId, deviceId, shard, position, content });
  }
}

export interface ToDeviceRequest {
  readonly sender: string;
  readonly deviceId: string;
  readonly type: string;
  /** Unique among the requests of this device. */
  readonly transactionId: string;
  readonly messages: ToDeviceMessages;
}

/**
 * Puts messages into the inboxes of devices, and those to other servers' users into the outbox; unknown users and devices
 * are passed over. The same transaction id sends nothing again. Throws M_TOO_LARGE.
 * https://spec.matrix.org/v1.19/client-server-api/#send-to-device-messaging
 */
export async function sendToDevice(context: Context, request: ToDeviceRequest): Promise<void> {
  const { sender, deviceId, type, transactionId, messages } = request;
  const { local, remote } = groupByServer(context, Object.keys(messages));
  const identity = requestIdentity([sender, deviceId, type, transactionId]);
  const ofUsers = (userIds: readonly string[]) =>
    Object.fromEntries(userIds.map((userId) => [userId, messages[userId] ?? {}]));
  const queued = [...remote].map(([destination, userIds]) => ({
    identity,
    destination,
    contents: addressToServer({ sender, type, identity, destination, messages: ofUsers(userIds) }),
  }));
  checkSizes(messages);
  await Promise.all([
    putIntoInboxes(context, { sender, type, identity, messages: ofUsers(local) }),
    ...queued
      .filter(({ contents }) => contents.length > 0)
      .map((input) => context.shardLog.submit(queueToDeviceCommand, shardOfUser(context, input.destination), input)),
  ]);
}

function checkSizes(messages: ToDeviceMessages): void {
  let count = 0;
  for (const devices of Object.values(messages)) {
    const contents = Object.values(devices);
    count += contents.length;
    if (count > maxMessages) throw tooManyMessages();
    for (const content of contents) {
      if (Buffer.byteLength(JSON.stringify(content)) > maxMessageBytes) throw messageTooLarge();
    }
  }
}

interface InboxRequest {
  readonly sender: string;
  readonly type: string;
  /** Names the request: base64 of a SHA-256. The same one is carried out once. */
  readonly identity: string;
  /** To users of this server. */
  readonly messages: ToDeviceMessages;
}

/** Puts messages into the inboxes of this server's devices. Throws M_TOO_LARGE. */
export async function putIntoInboxes(context: Context, request: InboxRequest): Promise<void> {
  const byShard = Map.groupBy(Object.keys(request.messages), (userId) => shardOfUser(context, userId));
  const commands = [...byShard].map(([shard, userIds]) => ({
    shard,
    input: { identity: request.identity, ...collectBodies(request, userIds) },
  }));
  await Promise.all(commands.map(({ shard, input }) => context.shardLog.submit(sendToDeviceCommand, shard, input)));
}

/** Makes each distinct event's text once. */
function collectBodies(
  { sender, type, messages }: InboxRequest,
  userIds: readonly string[],
): Pick<SendToDeviceInput, 'bodies' | 'recipients'> {
  const indexByBody = new Map<string, number>();
  const recipients: Record<string, Record<string, number>> = {};
  let count = 0;
  for (const userId of userIds) {
    const devices = Object.entries(messages[userId] ?? {});
    count += devices.length;
    if (count > maxMessages) throw tooManyMessages();
    const indexes = devices.map(([deviceId, content]): [string, number] => {
      const body = JSON.stringify({ type, sender, content });
      if (Buffer.byteLength(body) > maxMessageBytes) throw messageTooLarge();
      const index = indexByBody.get(body) ?? indexByBody.size;
      indexByBody.set(body, index);
      return [deviceId, index];
    });
    recipients[userId] = Object.fromEntries(indexes);
  }
  return { bodies: [...indexByBody.keys()], recipients };
}

function messageTooLarge(): MatrixError {
  return new MatrixError('M_TOO_LARGE', `A message to a device is larger than ${maxMessageBytes} bytes`);
}

function tooManyMessages(): MatrixError {
  return new MatrixError('M_TOO_LARGE', `One request sends at most ${maxMessages} messages`);
}
