import { isDeepStrictEqual } from 'node:util';
import type { ModeChange } from '../../irc/irc-event.ts';
import type { ChannelMember } from '../../irc/irc-network.ts';
import { objectOf } from '../../matrix/matrix-event.ts';
import { getBannedMembers, getState, putState, removeUser } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { openChannelKey, sealChannelKey } from '../rooms/channel-key.ts';

/** The level that somebody's signs in a channel stand for. */
export function levelOfSigns(signs: string): number {
  return /[~&@%]/.test(signs) ? 50 : signs.includes('+') ? 1 : 0;
}

/** Signs beyond this many are not mirrored: an event has a size. Operators go before voices. */
const maxMirrored = 500;

/**
 * Gives a room the rules that its channel has now: who may join, speak, invite and change the topic, and who stands above
 * others. Only rooms that the bridge made; others have their own rules. A new key of the channel is kept for any room.
 */
export async function mirrorModes(context: BridgeContext, portal: Portal): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const members = irc.members(portal.displayTarget);
  // Where the bot is not, nothing is known.
  if (members.length === 0) return;
  const modes = irc.channelModes(portal.displayTarget);
  await keepKey(context, portal, modes.get('k'));
  if (portal.kind !== 'alias') return;
  const { matrix } = context;
  const rule = { join_rule: modes.has('i') || modes.has('k') ? 'invite' : 'public' };
  const current = await getState(matrix, portal.roomId, 'm.room.join_rules');
  if (current?.['join_rule'] !== rule.join_rule) await putState(matrix, portal.roomId, 'm.room.join_rules', '', rule);
  const levels = await getState(matrix, portal.roomId, 'm.room.power_levels');
  if (!levels) return;
  const changed = {
    ...levels,
    users: mirrorUsers(context, portal, objectOf(levels, 'users'), members),
    events_default: modes.has('m') ? 1 : 0,
    invite: modes.has('i') ? 50 : 0,
    events: { ...objectOf(levels, 'events'), 'm.room.topic': modes.has('t') ? 50 : 0 },
  };
  if (!isDeepStrictEqual(changed, levels)) await putState(matrix, portal.roomId, 'm.room.power_levels', '', changed);
}

function mirrorUsers(
  context: BridgeContext,
  portal: Portal,
  current: Readonly<Record<string, unknown>>,
  members: readonly ChannelMember[],
): Record<string, unknown> {
  const { irc } = networkOf(context, portal.network);
  const present = new Map(
    members
      .filter(({ nick }) => !irc.isBot(nick))
      .map(({ nick, prefixes }) => [userIdOf(context, portal, nick), levelOfSigns(prefixes)]),
  );
  const isOfIrc = (userId: string) => present.has(userId) || context.puppets.readUserId(userId) !== undefined;
  // What people of Matrix who are not on IRC were given is theirs.
  const others = Object.entries(current).filter(([userId]) => !isOfIrc(userId));
  const raised = [...present].filter(([, level]) => level > 0).sort(([, one], [, other]) => other - one);
  return Object.fromEntries([...others, ...raised.slice(0, maxMirrored)]);
}

/** Who a nick is on Matrix. */
function userIdOf(context: BridgeContext, portal: Portal, nick: string): string {
  const { irc } = networkOf(context, portal.network);
  return irc.userOf(nick) ?? context.puppets.userIdOf(portal.network, irc.fold(nick));
}

async function keepKey(context: BridgeContext, portal: Portal, key: string | undefined): Promise<void> {
  // Some networks show those who ask only that there is one.
  if (key === undefined || key === '' || /^\*+$|^<key>$/.test(key) || openChannelKey(context, portal) === key) return;
  await context.portals.setKey(portal, sealChannelKey(context, portal.network, key));
}

/** A mask that bans people of Matrix from the channel bans them from the room that the bridge made for it. */
export async function mirrorBans(
  context: BridgeContext,
  portal: Portal,
  by: string,
  changes: readonly ModeChange[],
): Promise<void> {
  if (portal.kind !== 'alias' || by === '') return;
  const { irc } = networkOf(context, portal.network);
  for (const { mode, isSet, parameter } of changes) {
    if (mode !== 'b' || parameter === undefined) continue;
    const end = `banned on IRC: ${parameter}`;
    if (isSet) {
      for (const userId of irc.usersMatching(parameter)) {
        await removeUser(context.matrix, 'ban', portal.roomId, userId, `${by}: ${end}`.slice(-300));
      }
      continue;
    }
    const banned = await getBannedMembers(context.matrix, portal.roomId);
    for (const { userId, reason } of banned) {
      if (reason?.endsWith(end)) await removeUser(context.matrix, 'unban', portal.roomId, userId);
    }
  }
}
