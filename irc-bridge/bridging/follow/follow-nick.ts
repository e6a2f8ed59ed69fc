import { objectOf } from '../../matrix/matrix-event.ts';
import { isRefusal, MatrixRequestError } from '../../matrix/matrix-request-error.ts';
import { type Content, getState, inviteUser, joinRoom, putState, sendEvent } from '../../matrix/send-and-set.ts';
import { hasEarlierEntries, type InboxEntry } from '../../storage/inbox.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import type { IrcPerson } from '../people/puppets.ts';
import { removePortal } from '../rooms/make-portal.ts';

/**
 * Somebody of IRC has another nick: whom it talks with in private goes on in the same room, and whoever takes the former
 * nick is somebody else. What was said under that one is brought first. Throws when it is to be tried again.
 */
export async function followNick(
  context: BridgeContext,
  entry: InboxEntry,
  change: { readonly nick: string; readonly newNick: string },
): Promise<void> {
  const { irc } = networkOf(context, entry.network);
  const former = irc.fold(change.nick);
  if (await hasEarlierEntries(context.sql, { ...entry, target: former })) {
    throw new MatrixRequestError(0, 'EARLIER_FIRST', 'what was said under the former nick is still on its way');
  }
  for (const portal of context.portals.conversationsWith(entry.network, former)) {
    await rename(context, portal, entry, change);
  }
}

async function rename(
  context: BridgeContext,
  portal: Portal,
  entry: InboxEntry,
  { nick, newNick }: { readonly nick: string; readonly newNick: string },
): Promise<void> {
  const { puppets, portals, matrix } = context;
  const { irc } = networkOf(context, portal.network);
  const { roomId, network } = portal;
  const person: IrcPerson = { network, nick: irc.fold(newNick), displayName: newNick };
  const formerId = puppets.userIdOf(network, portal.target);
  const say = async (body: string) => {
    const content = { msgtype: 'm.notice', body, 'm.mentions': {} };
    const transactionId = `nick.${entry.position}.${portal.target}`;
    await sendEvent(matrix, roomId, 'm.room.message', transactionId, content, { as: formerId }).catch(unlessRefused);
  };
  const other = portals.ofTarget(network, person.nick, portal.userId);
  if (other) {
    await say(`${nick} is ${newNick} now, with whom you talk here: https://matrix.to/#/${other.roomId}`);
    return removePortal(context, portal);
  }
  try {
    await bringIn(context, portal, formerId, person);
  } catch (error) {
    unlessRefused(error);
    await say(`${nick} is ${newNick} now, who cannot come into this room: invite it to another one.`);
    return removePortal(context, portal);
  }
  await puppets.leave(roomId, formerId, `is now ${newNick}`);
  await portals.retarget(portal, person.nick, newNick);
}

/** The former user of somebody gives its place in a room to the new one. Throws what does not let it. */
async function bringIn(context: BridgeContext, portal: Portal, formerId: string, person: IrcPerson): Promise<void> {
  const { matrix, puppets } = context;
  const { config } = networkOf(context, portal.network);
  const { roomId } = portal;
  const userId = await puppets.ensureUser(person);
  try {
    await joinRoom(matrix, roomId, userId);
  } catch (error) {
    unlessRefused(error);
    await inviteUser(matrix, roomId, userId, formerId);
    await joinRoom(matrix, roomId, userId);
  }
  await puppets.noteJoined(roomId, userId, person.nick);
  const change = (type: string, content: Content) =>
    putState(matrix, roomId, type, '', content, formerId).catch(unlessRefused);
  const nameFor = (nick: string) => `${nick} (${config.name})`;
  const name = await getState(matrix, roomId, 'm.room.name', userId);
  if (name?.['name'] === nameFor(portal.displayTarget))
    await change('m.room.name', { name: nameFor(person.displayName) });
  const levels = await getState(matrix, roomId, 'm.room.power_levels', userId);
  const users = objectOf(levels ?? {}, 'users');
  if (!levels || typeof users[formerId] !== 'number') return;
  await change('m.room.power_levels', { ...levels, users: { ...users, [userId]: users[formerId] } });
}

function unlessRefused(error: unknown): void {
  if (!isRefusal(error)) throw error;
}
