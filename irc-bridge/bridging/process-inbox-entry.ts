import type { IrcEvent } from '../irc/irc-event.ts';
import type { InboxEntry, SentMessage } from '../storage/inbox.ts';
import { keyOfInbox } from '../storage/inbox.ts';
import type { BridgeParts } from './bridge-parts.ts';
import { followChannel } from './follow/follow-channel.ts';
import { followNick } from './follow/follow-nick.ts';
import type { PresenceOfPeople } from './follow/presence-of-people.ts';
import { TooManyNewAccounts } from './people/new-accounts.ts';
import type { FailedAttempts } from './queues/failed-attempts.ts';
import { confirmLink } from './rooms/link-room.ts';
import { sayOnMatrix } from './to-matrix/say-on-matrix.ts';

/**
 * Brings one entry of the inbox to the homeserver and takes it away. What would fail for ever is given up. Throws when it
 * is to be tried again.
 */
export async function processInboxEntry(
  bridge: BridgeParts & { readonly inboxFailures: FailedAttempts; readonly presence: PresenceOfPeople },
  entry: InboxEntry,
): Promise<void> {
  const { context, canaries, inboxFailures } = bridge;
  const event = JSON.parse(entry.event) as IrcEvent;
  const sent = await bring(bridge, entry, event).catch((error: unknown) => {
    if (!inboxFailures.isHopeless(keyOfInbox(entry), entry.position, error, true)) throw error;
    context.metrics.dropped.add({ network: entry.network, direction: 'irc_to_matrix', why: 'failed' });
    context.log.warn({ err: error, network: entry.network, kind: event.kind }, 'an event of IRC is given up');
    return undefined;
  });
  await context.queues.finishInboxEntry({ entry, sent });
  inboxFailures.forget(keyOfInbox(entry));
  if (!sent || event.kind !== 'message') return;
  canaries.get(entry.network)?.noteOnMatrix(event.text);
  // It may be somebody whom nobody knew before.
  bridge.presence.note(entry.network, event.nick);
}

/** Gives what a message became; undefined: nothing. */
async function bring(
  { context, people }: BridgeParts,
  entry: InboxEntry,
  event: IrcEvent,
): Promise<SentMessage | undefined> {
  if (event.kind === 'message') {
    const { channel, nick, text } = event;
    if (channel !== undefined && (await confirmLink(context, entry.network, channel, nick, text))) return undefined;
    return sayOnMatrix(context, entry, event);
  }
  if (event.kind === 'nick') {
    await followNick(context, entry, event);
    return undefined;
  }
  const portal = context.portals.ofTarget(entry.network, entry.target);
  if (!portal || !('channel' in event) || event.kind === 'members') return undefined;
  try {
    await followChannel(context, portal, entry, event);
  } catch (error) {
    if (!(error instanceof TooManyNewAccounts)) throw error;
    // Who is only there holds up nobody.
    people.bringInLater(portal, error.retryAfterMs);
  }
  return undefined;
}
