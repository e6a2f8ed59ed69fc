import { isRefusal } from '../../matrix/matrix-request-error.ts';
import { type Content, redactEvent, sendEvent } from '../../matrix/send-and-set.ts';
import { type InboxEntry, noteRelayed } from '../../storage/inbox.ts';
import { findMessageByIdentity } from '../../storage/messages.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, networkOf } from '../bridge-context.ts';
import { mayRelay, transactionIdOf } from './say-on-matrix.ts';

/** Somebody of IRC did something about a message, which is named by its identity. */
interface AboutMessage {
  readonly nick: string;
  readonly about: string;
}

/**
 * A reaction of somebody of IRC, told by the bot where that is one too many new ones. What it is about may not be known any
 * more: then it is nothing.
 */
export async function reactOnMatrix(
  context: BridgeContext,
  portal: Portal,
  entry: InboxEntry,
  { nick, about, key }: AboutMessage & { readonly key: string },
): Promise<void> {
  const eventId = await findEvent(context, portal, about);
  if (eventId === undefined) return;
  const { irc } = networkOf(context, portal.network);
  const person = { network: portal.network, nick: irc.fold(nick), displayName: nick };
  const transactionId = transactionIdOf(portal.network, `react ${about} ${person.nick} ${key}`);
  const send = (type: string, content: Content, as: string | undefined) =>
    sendEvent(context.matrix, portal.roomId, type, transactionId, content, { as });
  if (!entry.isRelayed) {
    try {
      const as = await context.puppets.ensureJoined(portal.roomId, person);
      await send('m.reaction', { 'm.relates_to': { rel_type: 'm.annotation', event_id: eventId, key } }, as);
      return;
    } catch (error) {
      if (!mayRelay(error, portal)) throw error;
      await noteRelayed(context.sql, entry.position);
      context.metrics.relayed.add({ network: portal.network });
    }
  }
  const reply = { 'm.in_reply_to': { event_id: eventId } };
  const content = { msgtype: 'm.notice', body: `<${nick}> reacted with ${key}`, 'm.mentions': {} };
  await send('m.room.message', { ...content, 'm.relates_to': reply }, undefined);
}

/** A message was taken back on IRC, which its network allowed: by who said it, or else by the bot for an operator. */
export async function redactOnMatrix(
  context: BridgeContext,
  portal: Portal,
  { nick, about, reason }: AboutMessage & { readonly reason: string },
): Promise<void> {
  const eventId = await findEvent(context, portal, about);
  if (eventId === undefined) return;
  const { irc } = networkOf(context, portal.network);
  const transactionId = transactionIdOf(portal.network, `redact ${about}`);
  const redact = (as: string | undefined, why: string) =>
    redactEvent(context.matrix, portal.roomId, eventId, transactionId, why.slice(0, 300), as);
  try {
    await redact(context.puppets.userIdOf(portal.network, irc.fold(nick)), reason);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await redact(undefined, `${nick}: ${reason}`);
  }
}

async function findEvent(context: BridgeContext, portal: Portal, identity: string): Promise<string | undefined> {
  const message = await findMessageByIdentity(context.sql, portal.network, identity);
  return message?.roomId === portal.roomId ? message.eventId : undefined;
}
