import { IrcRefusal } from '../../irc/irc-refusal.ts';
import { type MatrixEvent, textOf } from '../../matrix/matrix-event.ts';
import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { joinRoom } from '../../matrix/send-and-set.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf, tellRoom } from '../bridge-context.ts';
import { removePortal } from '../rooms/make-portal.ts';
import { IrcAwayError } from '../to-irc/say-on-irc.ts';

/** What changes in a room, as far as it concerns its channel. Throws when it is to be tried again. */
export async function followRoom(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  switch (event.type) {
    case 'm.room.member':
      return followMember(context, portal, event);
    case 'm.room.topic':
      return orTell(context, portal, event, () => followTopic(context, portal, event));
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
  }
}

async function followTopic(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const { irc } = networkOf(context, portal.network);
  const topic = textOf(event.content, 'topic');
  if (topic === undefined || portal.userId !== '') return;
  const speaker = irc.nickOf(event.sender) === undefined ? undefined : event.sender;
  await irc.setTopic(speaker, portal.displayTarget, topic.replace(/\s+/g, ' '));
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
    await orTell(context, portal, event, async () => {
      const member = irc.members(portal.displayTarget).find((one) => irc.fold(one.nick) === puppet.nick);
      if (membership === 'ban') await irc.setMode(portal.displayTarget, `+b ${member?.nick ?? puppet.nick}!*@*`);
      if (member) await irc.kick(portal.displayTarget, member.nick, `${event.sender}: ${reason}`);
    });
    return;
  }
  if (userId === context.botUserId) {
    // The bot was put out: the bridge is not wanted here.
    if (portal.kind !== 'canary') await removePortal(context, portal);
    return;
  }
  if (portal.userId !== '') {
    if (userId === portal.userId) await removePortal(context, portal);
  } else if (irc.nickOf(userId) !== undefined) await irc.part(userId, portal.displayTarget, reason);
}

/** The room goes on in another one, and the bridge goes along. */
async function followUpgrade(context: BridgeContext, portal: Portal, event: MatrixEvent): Promise<void> {
  const successor = textOf(event.content, 'replacement_room');
  if (successor === undefined) return;
  try {
    await joinRoom(context.matrix, successor, portal.kind === 'private' ? event.sender : undefined);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const words = `The bridge cannot enter the new room (${(error as Error).message}): invite ${context.botUserId} there and link it again.`;
    await tellRoom(context, portal.roomId, `upgrade.${event.event_id}`, words);
    return;
  }
  const moved = await context.portals.move(portal, successor);
  context.puppets.forgetRoom(portal.roomId);
  await tellRoom(context, successor, `moved.${event.event_id}`, `${moved.displayTarget} goes on in this room.`);
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
