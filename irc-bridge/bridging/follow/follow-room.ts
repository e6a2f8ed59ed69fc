import { IrcAwayError, IrcRefusal } from '../../irc/irc-refusal.ts';
import { type MatrixEvent, objectOf, textOf } from '../../matrix/matrix-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { joinRoom } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf, tellRoom } from '../bridge-context.ts';
import { moveTo } from '../rooms/accept-invitation.ts';
import { removePortal } from '../rooms/make-portal.ts';
import { mirrorModes } from './mirror-modes.ts';
import { applyJoinRule, applyLevels, findActor, findMember } from './rule-channel.ts';

/** What changes in a room, as far as it concerns its channel. Throws when it is to be tried again. */
export async function followRoom(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  // A room that was there before has rules of its own.
  if (portal.kind !== 'alias' && ['m.room.power_levels', 'm.room.join_rules'].includes(event.type)) return undefined;
  switch (event.type) {
    case 'm.room.member':
      return followMember(context, portal, event);
    case 'm.room.topic':
      return orTell(context, portal, event, () => followTopic(context, portal, event));
    case 'm.room.power_levels':
      return orTell(context, portal, event, () => applyLevels(context, portal, event));
    case 'm.room.join_rules':
      return orTell(context, portal, event, () => applyJoinRule(context, portal, event));
    case 'm.room.tombstone':
      return followUpgrade(context, portal, event);
    case 'm.room.encryption':
      return followEncryption(context, portal);
    default:
      return undefined;
  }
}

/** A refusal of IRC is told in the room. */
async function orTell(
  context: BridgeContext,
  portal: Portal,
  event: MatrixEvent,
  act: () => Promise<void>,
): Promise<void> {
  if (!networkOf(context, portal.network).irc.isConnected) throw new IrcAwayError(portal.network);
  try {
    await act();
  } catch (error) {
    if (!(error instanceof IrcRefusal)) throw error;
    await tellRoom(context, portal.roomId, `refused.${event.event_id}`, `IRC does not do that: ${error.message}`);
    await mirrorModes(context, portal).catch((failure: unknown) => {
      // The room keeps what the channel has not: the bridge may not set it back.
      if (!isRefusal(failure)) throw failure;
    });
  }
}

async function followTopic(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const topic = textOf(event.content, 'topic');
  if (topic === undefined || portal.userId !== '') return;
  const nick = irc.nickOf(event.sender);
  const isThere = nick !== undefined && findMember(context, portal, nick) !== undefined;
  await irc.setTopic(isThere ? event.sender : undefined, portal.displayTarget, topic.replace(/\s+/g, ' '));
}

/** Somebody left or was put out of the room: so it is on IRC. Joining IRC waits for the first word. */
async function followMember(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const userId = event.state_key ?? '';
  const membership = textOf(event.content, 'membership');
  if (membership !== 'leave' && membership !== 'ban') return;
  const reason = textOf(event.content, 'reason') ?? '';
  const puppet = context.puppets.readUserId(userId);
  if (puppet) {
    await context.puppets.noteLeft(portal.roomId, userId);
    if (event.sender === userId || portal.userId !== '') return;
    await orTell(context, portal, event, () => removeFromChannel(context, portal, event, puppet.nick));
    return;
  }
  if (userId === context.botUserId) {
    // The bot was put out: the bridge is not wanted here.
    if (portal.kind !== 'canary') await removePortal(context, portal);
    return;
  }
  if (portal.userId !== '') {
    if (userId === portal.userId) await removePortal(context, portal);
  } else if (irc.nickOf(userId) !== undefined) {
    await context.usersOnIrc.forget(portal.network, userId, portal.target);
    await irc.part(userId, portal.displayTarget, reason);
  }
}

/** Somebody of IRC was put out of the room, or may come back. Throws IrcRefusal. */
async function removeFromChannel(
  context: BridgeContext,
  portal: Portal,
  event: MatrixEvent,
  nick: string,
): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const channel = portal.displayTarget;
  const actor = findActor(context, portal, event.sender);
  const before = textOf(objectOf(event.unsigned ?? {}, 'prev_content'), 'membership');
  const member = findMember(context, portal, nick);
  if (event.content['membership'] === 'ban') await irc.setMode(channel, `+b ${member?.nick ?? nick}!*@*`, actor);
  else if (before === 'ban') return irc.setMode(channel, `-b ${nick}!*@*`, actor);
  const reason = textOf(event.content, 'reason') ?? '';
  if (member) await irc.kick(channel, member.nick, `${event.sender}: ${reason}`, actor);
}

/** The room goes on in another one, and the bridge goes along. */
async function followUpgrade(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const successor = textOf(event.content, 'replacement_room');
  if (successor === undefined) return;
  try {
    await joinRoom(context.matrix, successor, portal.kind === 'private' ? event.sender : undefined);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const words = `The bridge cannot enter the new room (${(error as Error).message}): invite ${context.botUserId} there, and it goes on there.`;
    await tellRoom(context, portal.roomId, `upgrade.${event.event_id}`, words);
    return;
  }
  await moveTo(context, portal, successor);
}

async function followEncryption(context: BridgeContext, portal: Portal): Promise<void> {
  const { config } = networkOf(context, portal.network);
  if (portal.isEncrypted) return;
  await context.portals.noteEncryption(portal);
  const words = config.encryptedRooms
    ? `This room is encrypted now. ${portal.displayTarget} on ${config.name} is not: what is said there is shown here, and the bridge cannot read, and so not pass on, what is said here.`
    : `This room is encrypted now, so it is not joined to ${portal.displayTarget} on ${config.name} any more.`;
  await tellRoom(context, portal.roomId, `encrypted.${portal.roomId}`, words);
  if (!config.encryptedRooms) await removePortal(context, portal);
}
