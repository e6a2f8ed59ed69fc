import type { IrcNetwork, UserWishes } from '../../irc/irc-network.ts';
import { IrcRefusal } from '../../irc/irc-refusal.ts';
import type { Portal } from '../../storage/portals.ts';
import { readIrcUser } from '../../storage/puppets-and-users.ts';
import { type BridgeContext, type BridgedNetwork, tellRoom } from '../bridge-context.ts';
import { chooseNick } from '../names/choose-nick.ts';
import { chooseUsername } from '../names/choose-username.ts';

/** Who says something on IRC: the Matrix user by its own connection, or the bot for it. */
export interface Speaker {
  readonly isRelayed: boolean;
}

/**
 * Has a Matrix user on IRC and in the channel, where the network allows connections; else the bot speaks. A refusal of
 * the connection is told to the room once, and the bot speaks; a refusal of the channel is thrown.
 */
export async function connectSpeaker(
  context: BridgeContext,
  network: BridgedNetwork,
  portal: Portal,
  userId: string,
  key: string | undefined,
): Promise<Speaker> {
  const { irc, config } = network;
  if (config.connections === 'relay' && portal.kind !== 'canary') return { isRelayed: true };
  if (irc.nickOf(userId) === undefined) {
    const wishes = await readWishes(context, network, userId, await context.members.displayName(portal.roomId, userId));
    if (!wishes) return { isRelayed: true };
    try {
      await connectOnce(irc, userId, wishes);
    } catch (error) {
      // While the network is away nobody is on it, and what is said waits.
      if (!(error instanceof IrcRefusal) || !irc.isConnected) throw error;
      const words = `${userId} has no connection to ${config.name} (${error.message}); the bridge speaks instead.`;
      await tellRoom(context, portal.roomId, `relayed.${config.id}.${userId}.${error.message.slice(0, 50)}`, words);
      return { isRelayed: true };
    }
  }
  if (portal.userId === '') await joinInvited(irc, portal, userId, key);
  const channel = portal.userId === '' ? portal.target : '';
  if (portal.kind !== 'canary') context.usersOnIrc.note({ network: config.id, userId, channel });
  return { isRelayed: false };
}

/** Who is in the room of a channel was let in there: where the bot may, it lets it into the channel, too. */
async function joinInvited(irc: IrcNetwork, portal: Portal, userId: string, key: string | undefined): Promise<void> {
  const { displayTarget: channel } = portal;
  try {
    await irc.join(userId, channel, key);
  } catch (error) {
    if (!(error instanceof IrcRefusal) || error.code !== '473') throw error;
    try {
      await irc.invite(channel, irc.nickOf(userId) ?? '');
    } catch (invitation) {
      throw invitation instanceof IrcRefusal ? error : invitation;
    }
    await irc.join(userId, channel, key);
  }
}

const connecting = new WeakMap<IrcNetwork, Map<string, Promise<void>>>();

/** Has a Matrix user on IRC; who asks while it is connecting waits for the same connection. Throws IrcRefusal. */
export async function connectOnce(irc: IrcNetwork, userId: string, wishes: UserWishes): Promise<void> {
  const users = connecting.get(irc) ?? new Map<string, Promise<void>>();
  connecting.set(irc, users);
  const known = users.get(userId);
  if (known) return known;
  const started = irc.connectUser(userId, wishes).finally(() => users.delete(userId));
  users.set(userId, started);
  return started;
}

/** What a Matrix user wants to be on a network; undefined: it wants not to be there. */
export async function readWishes(
  context: BridgeContext,
  { config, irc }: BridgedNetwork,
  userId: string,
  displayName: string | undefined,
): Promise<UserWishes | undefined> {
  const user = await readIrcUser(context.sql, config.id, userId);
  if (user.hasQuit) return undefined;
  const password = user.password && context.secrets.open(user.password, `password ${config.id} ${userId}`);
  return {
    nick: user.nick ?? chooseNick(userId, displayName, irc.nickLength),
    username: chooseUsername(userId, context.config.homeserver.serverName),
    ...(user.account !== null && typeof password === 'string' && { account: user.account, password }),
  };
}
