import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { createRoom, deleteAlias, resolveAlias, setNetworkVisibility } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { toAliasLocalpart } from '../names/portal-alias.ts';
import { sealChannelKey } from './channel-key.ts';

/** What people of Matrix may do in a room that belongs to a channel: talk, and nothing that IRC would not show. */
const powerLevels = {
  // The bot made the room: it stands above all levels, or is given the highest one, and may not be named here.
  users_default: 0,
  events_default: 0,
  state_default: 50,
  invite: 0,
  kick: 50,
  ban: 50,
  redact: 50,
  events: { 'm.room.encryption': 100, 'm.room.tombstone': 100, 'm.room.topic': 0 },
};

/**
 * The room of a channel: found, or made with the alias `#irc_NETWORK_#channel:server`. The bot joins the channel first, so
 * a channel that cannot be joined gets no room: throws IrcRefusal. With a key the room is for the invited only.
 */
export async function makePortal(
  context: BridgeContext,
  networkId: string,
  channel: string,
  key?: string,
): Promise<Portal> {
  const { irc, config } = networkOf(context, networkId);
  const target = irc.fold(channel);
  const known = context.portals.ofTarget(networkId, target);
  if (known) return known;
  await irc.join(undefined, channel, key);
  const aliasLocalpart = toAliasLocalpart(networkId, target);
  const alias = `#${aliasLocalpart}:${context.config.homeserver.serverName}`;
  const roomId = await makeRoom(context, alias, {
    aliasLocalpart,
    name: channel,
    isPublic: key === undefined,
    topic: irc.topic(channel) || `${channel} on ${config.name}`,
  });
  const portal: Portal = {
    ...{ roomId, network: networkId, target, displayTarget: channel, userId: '', kind: 'alias', isEncrypted: false },
    channelKey: sealChannelKey(context, networkId, key),
  };
  if (!(await context.portals.add(portal))) return context.portals.ofTarget(networkId, target) ?? portal;
  if (key === undefined)
    await setNetworkVisibility(context.matrix, networkId, roomId, 'public').catch(logMinor(context));
  return portal;
}

interface PortalRoom {
  readonly aliasLocalpart: string;
  readonly name: string;
  readonly topic: string;
  readonly isPublic: boolean;
}

async function makeRoom(context: BridgeContext, alias: string, room: PortalRoom): Promise<string> {
  try {
    return await createRoom(context.matrix, { ...room, powerLevels });
  } catch (error) {
    // Made by us before a crash, or another look-up was faster.
    if (!isRefusal(error, 'M_ROOM_IN_USE')) throw error;
    const roomId = await resolveAlias(context.matrix, alias);
    if (roomId === undefined) throw error;
    return roomId;
  }
}

/** Parts a room from its channel: everybody of IRC leaves the room, and the bot the channel. */
export async function removePortal(context: BridgeContext, portal: Portal): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  await context.portals.remove(portal);
  if (portal.kind === 'alias') {
    const localpart = toAliasLocalpart(portal.network, portal.target);
    await deleteAlias(context.matrix, `#${localpart}:${context.config.homeserver.serverName}`);
    await setNetworkVisibility(context.matrix, portal.network, portal.roomId, 'private').catch(logMinor(context));
  }
  if (portal.userId === '') {
    const members = await context.members.ofRoom(portal.roomId);
    const speakers = [...members.keys()].filter((userId) => irc.nickOf(userId) !== undefined);
    const leaving = [...speakers, undefined].map((userId) =>
      irc.part(userId, portal.displayTarget, 'no longer bridged'),
    );
    await Promise.allSettled(leaving);
  }
  for (const userId of (await context.puppets.inRoom(portal.roomId)).keys()) {
    await context.puppets.leave(portal.roomId, userId, 'no longer bridged');
  }
  context.puppets.forgetRoom(portal.roomId);
}

function logMinor({ log }: BridgeContext) {
  return (error: unknown) => log.warn({ err: error }, 'the directory of a network could not be changed');
}
