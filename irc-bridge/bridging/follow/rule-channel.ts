import { type MatrixEvent, objectOf, textOf } from '../../matrix/matrix-event.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { levelOfSigns } from './mirror-modes.ts';

const modeOfSign: Readonly<Record<string, string>> = { '~': 'q', '&': 'a', '@': 'o', '%': 'h', '+': 'v' };

/** Who does on IRC what somebody wants done: itself where it is an operator of the channel, else the bot. */
export function findActor(context: BridgeContext, portal: Portal, userId: string): string | undefined {
  const { irc } = networkOf(context, portal.network);
  const nick = irc.nickOf(userId);
  const member = nick === undefined ? undefined : findMember(context, portal, nick);
  return member && levelOfSigns(member.prefixes) >= 50 ? userId : undefined;
}

export function findMember(context: BridgeContext, portal: Portal, nick: string) {
  const { irc } = networkOf(context, portal.network);
  return irc.members(portal.displayTarget).find((one) => irc.fold(one.nick) === irc.fold(nick));
}

/** New power levels of a room that the bridge made: operators and voices of its channel. Throws IrcRefusal. */
export async function applyLevels(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const channel = portal.displayTarget;
  const actor = findActor(context, portal, event.sender);
  const number = (value: unknown, fallback: number) => (typeof value === 'number' ? value : fallback);
  const everybody = number(event.content['users_default'], 0);
  const users = objectOf(event.content, 'users');
  for (const { nick, prefixes } of irc.members(channel)) {
    if (irc.isBot(nick)) continue;
    const userId = irc.userOf(nick) ?? context.puppets.userIdOf(portal.network, irc.fold(nick));
    const level = number(users[userId], everybody);
    const wanted = level >= 50 ? 50 : level >= 1 ? 1 : 0;
    if (wanted === levelOfSigns(prefixes)) continue;
    const tooHigh = [...prefixes].filter((sign) => levelOfSigns(sign) > wanted);
    for (const sign of tooHigh) await irc.setMode(channel, `-${modeOfSign[sign] ?? 'o'} ${nick}`, actor);
    if (wanted > 0) await irc.setMode(channel, `+${wanted === 50 ? 'o' : 'v'} ${nick}`, actor);
  }
  const modes = irc.channelModes(channel);
  const topicLevel = number(objectOf(event.content, 'events')['m.room.topic'], 50);
  const rules = { m: number(event.content['events_default'], 0) >= 1, t: topicLevel >= 50 };
  for (const [mode, isSet] of Object.entries(rules)) {
    if (modes.has(mode) !== isSet) await irc.setMode(channel, `${isSet ? '+' : '-'}${mode}`, actor);
  }
}

/** A new rule for who may join a room that the bridge made. Throws IrcRefusal. */
export async function applyJoinRule(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const modes = irc.channelModes(portal.displayTarget);
  const isClosed = textOf(event.content, 'join_rule') !== 'public';
  // A key closes a channel, too.
  if (modes.has('i') === isClosed || (isClosed && modes.has('k'))) return;
  const actor = findActor(context, portal, event.sender);
  await irc.setMode(portal.displayTarget, isClosed ? '+i' : '-i', actor);
}
