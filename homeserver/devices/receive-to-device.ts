import { positionInShard } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import type { Context } from '../platform/context.ts';
import type { Command } from '../platform/shard-log/command.ts';
import {
  type DeviceName,
  type InboxMessage,
  readInbox,
  readReceived,
  readSharedIdsUpTo,
} from '../storage/devices/read-inbox.ts';
import {
  deleteInboxUpTo,
  deleteUnreferencedMessage,
  type InboxPlace,
  lastOrdinal,
  moveInboxAfter,
} from '../storage/devices/write-inbox.ts';
import { shardOfUser } from '../storage/names/shard-of.ts';
import { deviceCacheOf } from './device-cache.ts';
import { forgetInboxSize } from './inbox-sizes.ts';

export interface AcknowledgeInput extends DeviceName {
  /** Up to where messages were received. */
  readonly received: readonly { readonly shard: number; readonly position: number }[];
}

export const acknowledgeToDeviceCommand: Command<AcknowledgeInput, null> = {
  name: 'acknowledge-to-device',
  key: ({ userId, deviceId }) => `inbox ${userId} ${deviceId}`,
  releases: 'committed',
  async decide(shard, { userId, deviceId, received }) {
    const device = { userId, deviceId };
    const shared = await Promise.all(received.map((place) => readSharedIdsUpTo(shard.context.database, device, place)));
    forgetInboxSize(shard, device);
    const committed = shard.append(0, () => ({
      entries: [],
      writes: [
        ...received.map((place) => deleteInboxUpTo(userId, deviceId, { ...place, ordinal: lastOrdinal })),
        ...shared.flat().map(deleteUnreferencedMessage),
      ],
    }));
    return { result: null, committed };
  },
};

interface PostponeInput extends DeviceName {
  /** The last message that the device gets now. */
  readonly after: InboxPlace;
}

/** Moves what does not fit into a reply to a position after the reply's token, so that the token cannot cover it. */
export const postponeToDeviceCommand: Command<PostponeInput, null> = {
  name: 'postpone-to-device',
  key: ({ userId, deviceId }) => `inbox ${userId} ${deviceId}`,
  releases: 'committed',
  decide(shard, { userId, deviceId, after }) {
    const committed = shard.append(1, (position) => ({
      entries: [{ kind: 'to-device', body: { userId, deviceId } }],
      writes: [moveInboxAfter(userId, deviceId, after, { shard: shard.id, position })],
    }));
    return { result: null, committed };
  },
};

/** Devices whose inbox is known to be empty. A new message is told by an entry, which drops the device from here. */
const emptyInboxes = deviceCacheOf<readonly InboxMessage[]>('to-device');

/** Messages and characters of them that one reply holds; always one message. */
const mostMessages = 500;
const mostCharacters = 4 * 1024 * 1024;

/**
 * What /sync gives a device of its inbox: events as JSON text, those after the token that it came with (`since`;
 * undefined: initial sync) up to the token of the reply (`to`), as positions by shard. Messages up to `since` were
 * received and are deleted. What is too much for one reply comes after `to`. Costs no query while the inbox is empty.
 * https://spec.matrix.org/v1.19/client-server-api/#extensions-to-sync
 */
export async function receiveToDevice(
  context: Context,
  device: DeviceName,
  since: readonly number[] | undefined,
  to: readonly number[],
): Promise<string[]> {
  const { userId, deviceId } = device;
  const cache = emptyInboxes(context);
  if (cache.get(userId, deviceId)) return [];
  const messages = await cache.read(userId, deviceId, () => readAndAcknowledge(context, device, since));
  const due = messages.filter((message) => message.position <= positionInShard(to, message.shard));
  const fitting = countFitting(due);
  const last = due[fitting - 1];
  if (last && fitting < due.length) {
    await context.shardLog.submit(postponeToDeviceCommand, shardOfUser(context, userId), {
      ...{ userId, deviceId },
      after: { shard: last.shard, position: last.position, ordinal: last.ordinal },
    });
  }
  return due.slice(0, fitting).map((message) => message.body);
}

/** Whether a device's inbox is known, without a query, to have nothing. */
export function isInboxKnownEmpty(context: Context, { userId, deviceId }: DeviceName): boolean {
  return emptyInboxes(context).get(userId, deviceId) !== undefined;
}

async function readAndAcknowledge(context: Context, device: DeviceName, since: readonly number[] | undefined) {
  const [messages, received] = await Promise.all([
    readInbox(context.database, device, since ?? [], mostMessages + 1),
    since ? readReceived(context.database, device, since) : [],
  ]);
  if (received.length > 0) acknowledgeToDevice(context, { ...device, received });
  return { value: messages, keep: messages.length === 0 && received.length === 0 };
}

/**
 * Deletes what a device has received. Nobody waits for it: what stays is not told again to whoever comes with the same
 * token, and is deleted next time.
 */
export function acknowledgeToDevice(context: Context, { userId, deviceId, received }: AcknowledgeInput): void {
  context.shardLog
    .submit(acknowledgeToDeviceCommand, shardOfUser(context, userId), { userId, deviceId, received })
    .catch((error: unknown) => context.log.debug({ err: error }, 'received messages could not be deleted yet'));
}

function countFitting(messages: readonly InboxMessage[]): number {
  let characters = 0;
  for (const [index, message] of messages.entries()) {
    characters += message.body.length;
    if (index === mostMessages || (index > 0 && characters > mostCharacters)) return index;
  }
  return messages.length;
}
