import type { IrcEvent } from '../irc/irc-event.ts';
import type { InboxEntry } from '../storage/inbox.ts';
import type { BridgeParts } from './bridge-parts.ts';
import { followChannel } from './follow/follow-channel.ts';
import { confirmLink } from './rooms/link-room.ts';
import { sayOnMatrix } from './to-matrix/say-on-matrix.ts';

/** Brings one entry of the inbox to the homeserver and takes it away. Throws when it is to be tried again. */
export async function processInboxEntry({ context, canaries }: BridgeParts, entry: InboxEntry): Promise<void> {
  const event = JSON.parse(entry.event) as IrcEvent;
  if (event.kind === 'message') {
    const { channel, nick, text } = event;
    if (channel !== undefined && (await confirmLink(context, entry.network, channel, nick, text))) {
      return context.queues.finishInboxEntry({ entry, sent: undefined });
    }
    const sent = await sayOnMatrix(context, entry.network, event);
    await context.queues.finishInboxEntry({ entry, sent });
    if (sent) canaries.get(entry.network)?.noteOnMatrix(text);
    return;
  }
  const portal = context.portals.ofTarget(entry.network, entry.target);
  if (portal && 'channel' in event && event.kind !== 'members') await followChannel(context, portal, event);
  await context.queues.finishInboxEntry({ entry, sent: undefined });
}
