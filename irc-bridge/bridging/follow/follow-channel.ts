import type { IrcEvent } from '../../irc/irc-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { getState, putState, removeUser } from '../../matrix/send-and-set.ts';
import type { InboxEntry } from '../../storage/inbox.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { reactOnMatrix, redactOnMatrix } from '../to-matrix/relate-on-matrix.ts';
import { mirrorBans, mirrorModes } from './mirror-modes.ts';

type ChannelEvent = Exclude<IrcEvent, { kind: 'message' | 'connected' | 'disconnected' | 'members' | 'quit' | 'nick' }>;

/**
 * What changes in a channel, as far as it concerns its room. What the homeserver refuses for good is left out: the room's
 * own rules come first. Throws when it is to be tried again, TooManyNewAccounts where somebody cannot come in now.
 */
export async function followChannel(
  context: BridgeContext,
  portal: Portal,
  entry: InboxEntry,
  event: ChannelEvent,
): Promise<void> {
  try {
    await follow(context, portal, entry, event);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.log.info({ err: error, roomId: portal.roomId, kind: event.kind }, 'the room does not follow its channel');
  }
}

async function follow(context: BridgeContext, portal: Portal, entry: InboxEntry, event: ChannelEvent): Promise<void> {
  const { irc, config } = networkOf(context, portal.network);
  const puppetOf = (nick: string) => context.puppets.userIdOf(portal.network, irc.fold(nick));
  switch (event.kind) {
    case 'join':
      if (config.members !== 'full') return;
      await context.puppets.ensureJoined(portal.roomId, {
        ...{ network: portal.network, nick: irc.fold(event.nick), displayName: event.nick },
        isSilent: true,
      });
      return;
    case 'part':
      return context.puppets.leave(portal.roomId, puppetOf(event.nick), event.reason);
    case 'kick':
      return followKick(context, portal, event);
    case 'topic':
      return putTopic(context, portal, event.topic);
    case 'reaction':
      return reactOnMatrix(context, portal, entry, event);
    case 'redaction':
      return redactOnMatrix(context, portal, event);
    case 'mode':
      await mirrorBans(context, portal, event.by, event.changes);
      return mirrorModes(context, portal);
    default:
      return undefined;
  }
}

async function putTopic(context: BridgeContext, portal: Portal, topic: string): Promise<void> {
  const current = await getState(context.matrix, portal.roomId, 'm.room.topic');
  // What came from here has no line ends there, and may have been cut off.
  const shown = current?.['topic'];
  const onIrc = typeof shown === 'string' ? shown.replace(/\s+/g, ' ') : '';
  if (topic === '' ? onIrc !== '' : !onIrc.startsWith(topic))
    await putState(context.matrix, portal.roomId, 'm.room.topic', '', { topic });
}

async function followKick(
  context: BridgeContext,
  portal: Portal,
  { nick, by, reason }: Extract<IrcEvent, { kind: 'kick' }>,
): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const words = `${by}: ${reason}`.slice(0, 300);
  const userId = irc.userOf(nick);
  if (userId !== undefined) {
    // Operators rule their channel, and its room with it, unless the room was there before.
    if (portal.kind === 'alias') await removeUser(context.matrix, 'kick', portal.roomId, userId, words);
    return;
  }
  await context.puppets.leave(portal.roomId, context.puppets.userIdOf(portal.network, irc.fold(nick)), words);
}
