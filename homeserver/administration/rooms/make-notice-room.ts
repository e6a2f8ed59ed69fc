import type { Context } from '../../platform/context.ts';
import { createRoom } from '../../rooms/create-room.ts';
import { sendMessageEvent } from '../../rooms/send-event.ts';
import { findOwnAccount } from '../users/find-own-account.ts';

export interface NoticeRoom {
  /** Of this server: makes the room and says the message. */
  readonly owner: string;
  readonly name?: string | undefined;
  readonly message?: string | undefined;
}

const defaultName = 'Content Violation Notification';
const defaultMessage =
  'Sharing illegal content on this server is not permitted and rooms in violation will be blocked.';

/**
 * A room where those who were in a deleted one read why; only its owner can speak there. Gives its id.
 * Throws M_INVALID_PARAM (of another server), M_NOT_FOUND (no such account).
 * https://element-hq.github.io/synapse/latest/admin_api/rooms.html#delete-room-api
 */
export async function makeNoticeRoom(context: Context, wish: NoticeRoom): Promise<string> {
  const { owner, name = defaultName, message = defaultMessage } = wish;
  await findOwnAccount(context, owner);
  const originServerTs = context.clock.wallMs();
  const { roomId } = await createRoom(context, context.config.room.defaultVersion, {
    ...{ creator: owner, preset: 'public_chat', name, originServerTs },
    ...{ powerLevelOverride: { users_default: -10 }, creationContent: {}, initialState: [], invite: [] },
    ...{ canonicalAlias: undefined, topic: undefined, isDirect: false },
  });
  const content = { msgtype: 'm.text', body: message };
  const transaction = { deviceId: '', transactionId: context.random.uuid() };
  await sendMessageEvent(context, { roomId, userId: owner, type: 'm.room.message', content, transaction });
  return roomId;
}
