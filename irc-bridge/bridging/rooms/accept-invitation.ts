import { IrcRefusal } from '../../irc/irc-refusal.ts';
import { type MatrixEvent, objectOf, textOf } from '../../matrix/matrix-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import {
  getJoinedMembers,
  getState,
  getStateEvent,
  joinRoom,
  leaveRoom,
  sendEvent,
} from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf, tellRoom } from '../bridge-context.ts';
import { findActor } from '../follow/rule-channel.ts';
import { TooManyNewAccounts } from '../people/new-accounts.ts';

/** The bot goes where it is invited: into a room to be linked, a talk of two for commands, or the next room of a portal. */
export async function acceptBotInvitation(context: BridgeContext, event: MatrixEvent): Promise<void> {
  const { matrix } = context;
  const { room_id: roomId } = event;
  if (!(await enter(context, roomId, undefined))) return;
  const create = await getStateEvent(matrix, roomId, 'm.room.create');
  const before = textOf(objectOf(create?.content ?? {}, 'predecessor'), 'room_id');
  const portal = before === undefined ? undefined : context.portals.ofRoom(before);
  if (portal && (await isSuccessor(context, portal, roomId))) return moveTo(context, portal, roomId);
  const isDirect = event.content['is_direct'] === true;
  const words = isDirect
    ? 'I join rooms to channels of IRC. `!help` says what I can do.'
    : 'Who may change this room’s settings joins it to a channel with `!irc link NETWORK #channel`.';
  await tellRoom(context, roomId, `welcome.${event.event_id}`, words);
}

async function isSuccessor(context: BridgeContext, portal: Portal, roomId: string): Promise<boolean> {
  const tombstone = await getState(context.matrix, portal.roomId, 'm.room.tombstone');
  return tombstone?.['replacement_room'] === roomId;
}

/** A portal goes on in another room. */
export async function moveTo(context: BridgeContext, portal: Portal, roomId: string): Promise<void> {
  const moved = await context.portals.move(portal, roomId);
  context.puppets.forgetRoom(portal.roomId);
  await tellRoom(context, roomId, `moved.${portal.roomId}`, `${moved.displayTarget} goes on in this room.`);
}

/**
 * Somebody of IRC was invited: alone with whom invited it, it is a talk in private; into the room of a channel, it is
 * invited on IRC. `puppet` is who the invited user stands for.
 */
export async function acceptPuppetInvitation(
  context: BridgeContext,
  event: MatrixEvent,
  puppet: { readonly network: string; readonly nick: string },
): Promise<void> {
  const { room_id: roomId, sender, state_key: userId = '' } = event;
  const network = context.networks.get(puppet.network);
  const portal = context.portals.ofRoom(roomId);
  if (!network || portal?.userId === sender) return;
  if (portal) return inviteOnIrc(context, portal, event, puppet.nick);
  if (!(await enter(context, roomId, userId))) return;
  const say = async (words: string) => {
    const content = { msgtype: 'm.notice', body: words, 'm.mentions': {} };
    await sendEvent(context.matrix, roomId, 'm.room.message', `said.${event.event_id}`, content, { as: userId });
  };
  const decline = async (words: string) => {
    await say(words);
    await leaveRoom(context.matrix, roomId, userId);
  };
  const members = Object.keys(await getJoinedMembers(context.matrix, roomId, userId));
  if (members.some((member) => member !== userId && member !== sender)) {
    return decline('I am on IRC, and can be talked to in a room of two, or in the room of a channel.');
  }
  const known = context.portals.ofTarget(puppet.network, puppet.nick, sender);
  if (known) return decline(`We talk in another room already: https://matrix.to/#/${known.roomId}`);
  const isEncrypted = (await getState(context.matrix, roomId, 'm.room.encryption', userId)) !== undefined;
  if (isEncrypted && !network.config.encryptedRooms) {
    return decline(
      `I am on IRC (${network.config.name}), where nothing is encrypted, so I could not read what is said in this encrypted room. Talk to me in a room without encryption.`,
    );
  }
  if (network.config.connections === 'relay') {
    return decline(`On ${network.config.name} the bridge speaks for everybody, so nobody can talk in private.`);
  }
  const room = { roomId, network: puppet.network, target: puppet.nick, displayTarget: puppet.nick, userId: sender };
  await context.portals.add({ ...room, kind: 'private', channelKey: null, isEncrypted });
  await context.puppets.noteJoined(roomId, userId, puppet.nick);
  if (isEncrypted) await say('What is said encrypted in this room cannot be read on IRC, and does not get there.');
}

/** An invitation into the room of a channel is one into the channel; who accepts comes into both. */
async function inviteOnIrc(context: BridgeContext, portal: Portal, event: MatrixEvent, nick: string): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const { displayTarget: channel, network } = portal;
  if (portal.userId !== '' || context.puppets.readUserId(event.state_key ?? '')?.network !== network) return;
  if (irc.members(channel).some((member) => irc.fold(member.nick) === nick)) {
    const displayName = irc.members(channel).find((member) => irc.fold(member.nick) === nick)?.nick ?? nick;
    try {
      await context.puppets.ensureJoined(portal.roomId, { network, nick, displayName });
    } catch (error) {
      if (!(error instanceof TooManyNewAccounts)) throw error;
      await tellRoom(context, portal.roomId, `invited.${event.event_id}`, error.message);
    }
    return;
  }
  try {
    await irc.invite(channel, nick, findActor(context, portal, event.sender));
  } catch (error) {
    if (!(error instanceof IrcRefusal)) throw error;
    await tellRoom(
      context,
      portal.roomId,
      `invited.${event.event_id}`,
      `${nick} is not invited on IRC: ${error.message}`,
    );
  }
}

/** False when the room does not let it in, which then is left alone. */
async function enter(context: BridgeContext, roomId: string, as: string | undefined): Promise<boolean> {
  try {
    await joinRoom(context.matrix, roomId, as);
    return true;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await leaveRoom(context.matrix, roomId, as);
    return false;
  }
}
