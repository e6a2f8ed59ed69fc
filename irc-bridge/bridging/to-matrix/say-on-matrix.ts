import { createHash } from 'node:crypto';
import { formatOfIrc } from '../../formatting/format-of-irc.ts';
import type { IrcMessage } from '../../irc/irc-event.ts';
import { isRefusal, MatrixRequestError } from '../../matrix/matrix-request-error.ts';
import { createRoom, sendEvent } from '../../matrix/send-and-set.ts';
import { type InboxEntry, noteRelayed, type SentMessage } from '../../storage/inbox.ts';
import { findMessageByIdentity } from '../../storage/messages.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { TooManyNewAccounts } from '../people/new-accounts.ts';
import type { IrcPerson } from '../people/puppets.ts';
import { excerptOf } from '../to-irc/irc-text-of-event.ts';
import { toContent } from './content-of-message.ts';

/** Messages that are older than this when they are sent carry the time at which they were said. */
const stampAfterMs = 10_000;

/** Always the same for a message, so that the homeserver knows one that is sent again. */
export function transactionIdOf(network: string, identity: string): string {
  return `irc.${createHash('sha256').update(`${network} ${identity}`).digest('base64url').slice(0, 32)}`;
}

/**
 * Sends a message of IRC into its room; gives what it became, or undefined when it has no room or the homeserver refuses
 * it for good. Throws when it is to be tried again: the homeserver then takes it once, by its transaction id.
 */
export async function sayOnMatrix(
  context: BridgeContext,
  entry: InboxEntry,
  message: IrcMessage,
): Promise<SentMessage | undefined> {
  const { network: networkId } = entry;
  const { irc } = networkOf(context, networkId);
  const person: IrcPerson = { network: networkId, nick: irc.fold(message.nick), displayName: message.nick };
  const portal = await findPortal(context, networkId, message, person);
  if (!portal) return undefined;
  const send = (as: string | undefined, relayedNick: string | undefined) =>
    sendOnce(context, portal, message, as, relayedNick);
  try {
    const eventId = await speak(context, entry, portal, person, send);
    context.metrics.delivered.add({ network: networkId, direction: 'irc_to_matrix' });
    return { roomId: portal.roomId, eventId, author: message.nick, excerpt: excerptOf(formatOfIrc(message.text).body) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    context.metrics.dropped.add({ network: networkId, direction: 'irc_to_matrix', why: 'refused' });
    context.log.warn({ err: error, roomId: portal.roomId }, 'the homeserver does not take a message of IRC');
    return undefined;
  }
}

type Send = (as: string | undefined, relayedNick: string | undefined) => Promise<string>;

/** The person speaks; where it may not be in the room, or is one too many new ones, the bot speaks for it. */
async function speak(
  context: BridgeContext,
  entry: InboxEntry,
  portal: Portal,
  person: IrcPerson,
  send: Send,
): Promise<string> {
  const relay = () => send(undefined, person.displayName);
  if (entry.isRelayed) return relay();
  let userId: string;
  try {
    userId = await context.puppets.ensureJoined(portal.roomId, person);
  } catch (error) {
    if (!isRefusal(error) && !mayRelay(error, portal)) throw error;
    await noteRelayed(context.sql, entry.position);
    if (error instanceof TooManyNewAccounts) context.metrics.relayed.add({ network: portal.network });
    return relay();
  }
  try {
    return await send(userId, undefined);
  } catch (error) {
    if (!isRefusal(error, 'M_FORBIDDEN')) throw error;
    // It may have been removed from the room unseen. The next message finds out.
    await context.puppets.noteLeft(portal.roomId, userId);
    await noteRelayed(context.sql, entry.position);
    return relay();
  }
}

/** In private the bot is not there, and what is said waits until the person can be. */
export function mayRelay(error: unknown, portal: Portal): boolean {
  return error instanceof TooManyNewAccounts && portal.userId === '';
}

async function sendOnce(
  context: BridgeContext,
  portal: Portal,
  message: IrcMessage,
  as: string | undefined,
  relayedNick: string | undefined,
): Promise<string> {
  const { irc } = networkOf(context, portal.network);
  const answered =
    message.answers === undefined
      ? undefined
      : await findMessageByIdentity(context.sql, portal.network, message.answers);
  const content = toContent(message, {
    format: formatOfIrc,
    userOf: (nick) => irc.userOf(nick) ?? undefined,
    answered: answered?.roomId === portal.roomId ? answered.eventId : undefined,
    relayedNick,
  });
  const isLate = context.clock.wallMs() - message.saidAtMs > stampAfterMs;
  const transactionId = transactionIdOf(portal.network, message.identity);
  return sendEvent(context.matrix, portal.roomId, 'm.room.message', transactionId, content, {
    as,
    ...(isLate && { ts: message.saidAtMs }),
  });
}

async function findPortal(
  context: BridgeContext,
  network: string,
  message: IrcMessage,
  person: IrcPerson,
): Promise<Portal | undefined> {
  const { irc } = networkOf(context, network);
  if (message.channel !== undefined) return context.portals.ofTarget(network, irc.fold(message.channel));
  if (message.toUser === undefined) return undefined;
  const known = context.portals.ofTarget(network, person.nick, message.toUser);
  return known ?? openPrivateRoom(context, person, message.toUser);
}

/**
 * Makes the room of a conversation in private: the person's own, with the Matrix user invited, and the bot in it so that
 * its events come here.
 */
export async function openPrivateRoom(context: BridgeContext, person: IrcPerson, userId: string): Promise<Portal> {
  const { config } = networkOf(context, person.network);
  const puppetId = await context.puppets.ensureUser(person);
  const roomId = await createRoom(context.matrix, {
    as: puppetId,
    isPublic: false,
    isDirect: true,
    name: `${person.displayName} (${config.name})`,
    invite: [userId],
  });
  const portal: Portal = {
    ...{ roomId, network: person.network, target: person.nick, displayTarget: person.displayName, userId },
    ...{ kind: 'private', channelKey: null, isEncrypted: false },
  };
  if (await context.portals.add(portal)) {
    await context.puppets.noteJoined(roomId, puppetId, person.nick);
    return portal;
  }
  const other = context.portals.ofTarget(person.network, person.nick, userId);
  if (!other) throw new MatrixRequestError(0, 'CONFLICT', 'the room could not be stored');
  return other;
}
