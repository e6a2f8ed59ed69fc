import { IrcRefusal } from '../../irc/irc-refusal.ts';
import { readIrcUserChannels } from '../../storage/irc-user-channels.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { openChannelKey } from '../rooms/channel-key.ts';
import { connectOnce, readWishes } from './connect-speaker.ts';

/**
 * Connects the Matrix users who were on a network when the bridge ended, one after the other in the network's pace: whoever
 * has something to say meanwhile does not wait for all of them. Those whom the network refuses stay away until they speak.
 */
export async function bringUsersBack(context: BridgeContext, network: string, isOver: () => boolean): Promise<void> {
  if (networkOf(context, network).config.connections === 'relay') return;
  for (const [userId, channels] of await readIrcUserChannels(context.sql, network)) {
    if (isOver()) return;
    await bringUserBack(context, network, userId, channels).catch(async (error: unknown) => {
      context.log.info({ err: error, network, userId }, 'a user does not come back to IRC');
      if (error instanceof IrcRefusal) await context.usersOnIrc.forget(network, userId);
    });
  }
}

async function bringUserBack(
  context: BridgeContext,
  networkId: string,
  userId: string,
  channels: readonly string[],
): Promise<void> {
  const { portals, members, usersOnIrc } = context;
  const network = networkOf(context, networkId);
  const { irc } = network;
  const rooms = channels
    .map((channel) => portals.ofTarget(networkId, channel))
    .filter((portal) => portal !== undefined);
  const [first] = rooms;
  // As it is called when it speaks.
  const name = first && (await members.displayName(first.roomId, userId).catch(() => undefined));
  const wishes = await readWishes(context, network, userId, name);
  if (!wishes) return usersOnIrc.forget(networkId, userId);
  if (irc.nickOf(userId) === undefined) await connectOnce(irc, userId, wishes);
  for (const portal of rooms) {
    try {
      await irc.join(userId, portal.displayTarget, openChannelKey(context, portal));
    } catch (error) {
      if (!(error instanceof IrcRefusal)) throw error;
      await usersOnIrc.forget(networkId, userId, portal.target);
    }
  }
}
