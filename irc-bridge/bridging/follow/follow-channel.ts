import type { IrcEvent } from '../../irc/irc-event.ts';
import { objectOf } from '../../matrix/matrix-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { getState, putState, removeUser } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';

type ChannelEvent = Exclude<IrcEvent, { kind: 'message' | 'connected' | 'disconnected' | 'members' | 'quit' | 'nick' }>;

/**
 * What changes in a channel, as far as it concerns its room. What the homeserver refuses for good is left out: the room's
 * own rules come first. Throws when it is to be tried again.
 */
export async function followChannel(context: BridgeContext, portal: Portal, event: ChannelEvent): Promise<void> {
  try {
    await follow(context, portal, event);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.log.info({ err: error, roomId: portal.roomId, kind: event.kind }, 'the room does not follow its channel');
  }
}

async function follow(context: BridgeContext, portal: Portal, event: ChannelEvent): Promise<void> {
  const { irc, config } = networkOf(context, portal.network);
  const puppetOf = (nick: string) => context.puppets.userIdOf(portal.network, irc.fold(nick));
  switch (event.kind) {
    case 'join':
      if (config.members !== 'full') return;
      await context.puppets.ensureJoined(portal.roomId, {
        ...{ network: portal.network, nick: irc.fold(event.nick), displayName: event.nick },
      });
      return;
    case 'part':
      return context.puppets.leave(portal.roomId, puppetOf(event.nick), event.reason);
    case 'kick':
      return followKick(context, portal, event);
    case 'topic':
      if (irc.userOf(event.nick) !== undefined) return;
      return putTopic(context, portal, event.topic);
    case 'mode':
      return followModes(context, portal, event);
    default:
      return undefined;
  }
}

async function putTopic(context: BridgeContext, portal: Portal, topic: string): Promise<void> {
  const current = await getState(context.matrix, portal.roomId, 'm.room.topic');
  if (current?.['topic'] !== topic) await putState(context.matrix, portal.roomId, 'm.room.topic', '', { topic });
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

/** Levels that members' modes stand for. */
const memberLevels: Readonly<Record<string, number>> = { q: 50, a: 50, o: 50, h: 50, v: 1 };

/** Modes become power levels, and who may join or speak; in rooms that the bridge made only. */
async function followModes(
  context: BridgeContext,
  portal: Portal,
  { changes }: Extract<IrcEvent, { kind: 'mode' }>,
): Promise<void> {
  if (portal.kind !== 'alias') return;
  const { irc } = networkOf(context, portal.network);
  const rules = changes.filter(({ mode }) => mode === 'i' || mode === 'k');
  const last = rules.at(-1);
  if (last) {
    const content = { join_rule: last.isSet ? 'invite' : 'public' };
    await putState(context.matrix, portal.roomId, 'm.room.join_rules', '', content);
  }
  const levels = await getState(context.matrix, portal.roomId, 'm.room.power_levels');
  if (!levels) return;
  const users: Record<string, unknown> = { ...objectOf(levels, 'users') };
  let { events_default: speaking } = levels;
  for (const { mode, isSet, parameter } of changes) {
    if (mode === 'm') speaking = isSet ? 1 : 0;
    const level = memberLevels[mode];
    if (level === undefined || parameter === undefined || irc.isBot(parameter)) continue;
    const userId = irc.userOf(parameter) ?? context.puppets.userIdOf(portal.network, irc.fold(parameter));
    if (isSet) users[userId] = Math.max(level, Number(users[userId] ?? 0));
    else delete users[userId];
  }
  const changed = { ...levels, users, events_default: speaking };
  if (JSON.stringify(changed) === JSON.stringify(levels)) return;
  await putState(context.matrix, portal.roomId, 'm.room.power_levels', '', changed);
}
