import { objectOf } from '../../matrix/matrix-event.ts';
import { getState, getStateEvent } from '../../matrix/send-and-set.ts';
import { type LinkRequest, putLinkRequest, takeExpiredLinkRequests, takeLinkRequest } from '../../storage/portals.ts';
import { type BridgeContext, networkOf, tellRoom } from '../bridge-context.ts';
import { openChannelKey, sealChannelKey } from './channel-key.ts';

/** For how long an operator of the channel may agree. */
const requestLifetimeMs = 15 * 60_000;
const operatorPrefixes = /[~&@]/;

/** A room cannot be linked; the message is for whoever asked. */
export class LinkRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'LinkRefusal';
  }
}

export interface LinkAnswer {
  /** False while an operator of the channel has not agreed. */
  readonly isLinked: boolean;
  readonly words: string;
}

export interface LinkWish {
  readonly roomId: string;
  readonly userId: string;
  readonly network: string;
  readonly channel: string;
  readonly key: string | undefined;
}

/**
 * Links a room to a channel when both sides agree: `userId` may change the room's state, and is an operator of the channel
 * on IRC (or administers the bridge). Where it is not, an operator is asked in the channel, and `confirmLink` goes on.
 * Throws LinkRefusal and IrcRefusal.
 */
export async function linkRoom(context: BridgeContext, wish: LinkWish): Promise<LinkAnswer> {
  const { irc, config } = networkOf(context, wish.network);
  const target = irc.fold(wish.channel);
  await checkRoom(context, wish, config.encryptedRooms);
  if (context.portals.ofTarget(wish.network, target)) throw new LinkRefusal(`${wish.channel} has a room already.`);
  await irc.join(undefined, wish.channel, wish.key);
  const nick = irc.nickOf(wish.userId);
  const isOperator = nick !== undefined && isOperatorOf(context, wish.network, wish.channel, nick);
  if (isOperator || context.config.administrators.includes(wish.userId)) {
    await addLink(context, wish);
    return { isLinked: true, words: `This room is ${wish.channel} on ${config.name} now.` };
  }
  const code = context.random.token(6).replace(/[-_]/g, 'x');
  const channelKey = sealChannelKey(context, wish.network, wish.key);
  await putLinkRequest(context.sql, { ...wish, target, code, channelKey }, requestLifetimeMs);
  const question = `${wish.userId} of Matrix wants to join this channel to a room. An operator agrees by saying: !link ${code}`;
  await irc.say({ speaker: undefined, target: wish.channel, kind: 'notice', text: question });
  const words = `An operator of ${wish.channel} has to agree within 15 minutes, by the words that I have said there.`;
  return { isLinked: false, words };
}

/** Somebody said `!link CODE` in a channel. True when that was a right answer, which then is no message. */
export async function confirmLink(
  context: BridgeContext,
  networkId: string,
  channel: string,
  nick: string,
  text: string,
): Promise<boolean> {
  const code = /^!link (\S{4,20})$/.exec(text)?.[1];
  if (code === undefined) return false;
  const { irc, config } = networkOf(context, networkId);
  if (!isOperatorOf(context, networkId, channel, nick)) return false;
  const request: LinkRequest | undefined = await takeLinkRequest(context.sql, networkId, irc.fold(channel), code);
  if (!request) return false;
  const { roomId, userId, channelKey } = request;
  const key = openChannelKey(context, { channelKey, network: networkId });
  const agreed = `${nick} agreed: this room is ${channel} on ${config.name} now.`;
  const words = await addLink(context, { roomId, userId, network: networkId, channel, key }).then(
    () => agreed,
    (error: unknown) => {
      if (error instanceof LinkRefusal) return `${nick} agreed, but: ${error.message}`;
      throw error;
    },
  );
  await tellRoom(context, roomId, `linked.${code}`, words);
  return true;
}

async function addLink(context: BridgeContext, { roomId, network, channel, key }: LinkWish): Promise<void> {
  const { irc } = networkOf(context, network);
  const added = await context.portals.add({
    ...{ roomId, network, target: irc.fold(channel), displayTarget: channel, userId: '', kind: 'linked' },
    ...{ channelKey: sealChannelKey(context, network, key), isEncrypted: false },
  });
  if (!added) throw new LinkRefusal('The room or the channel is joined to another one already.');
}

/** Leaves the channels to which nobody agreed in time. */
export async function forgetLinkRequests(context: BridgeContext): Promise<void> {
  for (const { network, target } of await takeExpiredLinkRequests(context.sql)) {
    const { irc } = networkOf(context, network);
    if (context.portals.ofTarget(network, target)) continue;
    await irc.part(undefined, target, 'nobody agreed').catch(() => {});
  }
}

function isOperatorOf(context: BridgeContext, network: string, channel: string, nick: string): boolean {
  const { irc } = networkOf(context, network);
  const member = irc.members(channel).find((one) => irc.fold(one.nick) === irc.fold(nick));
  return member !== undefined && operatorPrefixes.test(member.prefixes);
}

async function checkRoom(context: BridgeContext, { roomId, userId }: LinkWish, mayBeEncrypted: boolean): Promise<void> {
  if (context.portals.ofRoom(roomId))
    throw new LinkRefusal('This room is joined to a channel already; `unlink` ends that.');
  if (!(await maySetState(context, roomId, userId))) {
    throw new LinkRefusal('Only those who may change this room’s settings can join it to a channel.');
  }
  const encryption = await getState(context.matrix, roomId, 'm.room.encryption');
  if (encryption && !mayBeEncrypted) {
    throw new LinkRefusal(
      'This room is encrypted, and on IRC everything can be read; the network does not allow that.',
    );
  }
}

/** Whether a user's power level lets it change the settings of a room. */
export async function maySetState(context: BridgeContext, roomId: string, userId: string): Promise<boolean> {
  if (context.config.administrators.includes(userId)) return true;
  const levels = await getState(context.matrix, roomId, 'm.room.power_levels');
  if (!levels) return false;
  const number = (value: unknown, fallback: number) => (typeof value === 'number' ? value : fallback);
  const level = objectOf(levels, 'users')[userId];
  if (number(level ?? levels['users_default'], 0) >= number(levels['state_default'], 50)) return true;
  // Creators of rooms from version 12 on stand above all levels and in none.
  const create = await getStateEvent(context.matrix, roomId, 'm.room.create');
  if (!create || Number(create.content['room_version'] ?? 1) < 12) return false;
  return [create.sender, create.content['additional_creators']].flat().includes(userId);
}
