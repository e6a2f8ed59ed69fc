import { formatForIrc } from '../../formatting/format-for-irc.ts';
import type { SpokenLine } from '../../irc/irc-network.ts';
import { IrcAwayError, IrcConnectionLost, IrcRefusal } from '../../irc/irc-refusal.ts';
import { type MatrixEvent } from '../../matrix/matrix-event.ts';
import { makeMediaLink } from '../../matrix/media-links.ts';
import { uploadText } from '../../matrix/upload-text.ts';
import { findMessageByEvent, type KnownMessage } from '../../storage/messages.ts';
import type { OutboxEntry } from '../../storage/outbox.ts';
import type { Portal } from '../../storage/portals.ts';
import { type BridgeContext, type BridgedNetwork, networkOf } from '../bridge-context.ts';
import { connectSpeaker } from '../people/connect-speaker.ts';
import { openChannelKey } from '../rooms/channel-key.ts';
import { excerptOf, findRelated, type IrcText, markLate, type TextContext, toIrcText } from './irc-text-of-event.ts';

/** More lines than this are flooding: the first ones are said, and a link to the whole text. */
const maxLines = 6;
const shownOfLong = 2;

/**
 * Says an event of Matrix on IRC, from the first line on that IRC does not have. Resolves when IRC has all of it. Gives
 * what is to be remembered of it when the entry is taken away. Throws IrcRefusal when IRC does not want it, and else when
 * it is to be tried again.
 */
export async function sayOnIrc(
  context: BridgeContext,
  portal: Portal,
  entry: OutboxEntry,
  event: MatrixEvent,
): Promise<KnownMessage | undefined> {
  const network = networkOf(context, portal.network);
  if (!network.irc.isConnected) throw new IrcAwayError(network.config.id);
  const text = await toText(context, portal, entry, event);
  if (!text) return undefined;
  const message = await sayLines(context, network, portal, entry, event, text);
  context.metrics.delivered.add({ network: portal.network, direction: 'matrix_to_irc' });
  return message;
}

async function toText(
  context: BridgeContext,
  portal: Portal,
  entry: OutboxEntry,
  event: MatrixEvent,
): Promise<IrcText | undefined> {
  const { sql, config } = context;
  const related = findRelated(event);
  const about = related && (await findMessageByEvent(sql, portal.roomId, related.id));
  const { irc } = networkOf(context, portal.network);
  const textContext: TextContext = {
    formatHtml: (html) =>
      formatForIrc(html, (userId) => irc.nickOf(userId) ?? context.puppets.readUserId(userId)?.nick),
    linkMedia: (mxc, fileName) => {
      const { publicUrl } = config.http;
      const lifetimeMs = config.limits.linkLifetimeMs;
      return makeMediaLink({ publicUrl, lifetimeMs, clock: context.clock, secrets: context.secrets }, mxc, fileName);
    },
    about: about && { author: about.author, excerpt: about.excerpt },
    isAboutKnown: about !== undefined,
  };
  const text = toIrcText(event, textContext);
  // It waited here, or before it came here; a canary is known by its text.
  const nowMs = context.clock.wallMs();
  const cameMs = nowMs - entry.ageMs;
  const saidMs = isTime(event.origin_server_ts) ? event.origin_server_ts : cameMs;
  const isLate = portal.kind !== 'canary' && nowMs - Math.min(saidMs, cameMs) > config.limits.lateAfterMs;
  return text && isLate ? markLate(text, saidMs) : text;
}

/** Events of other servers may say anything. */
function isTime(timeMs: unknown): boolean {
  return typeof timeMs === 'number' && !Number.isNaN(new Date(timeMs).getTime());
}

async function sayLines(
  context: BridgeContext,
  network: BridgedNetwork,
  portal: Portal,
  entry: OutboxEntry,
  event: MatrixEvent,
  text: IrcText,
): Promise<KnownMessage | undefined> {
  const { irc } = network;
  const key = openChannelKey(context, portal);
  const speaker = await connectSpeaker(context, network, portal, event.sender, key);
  if (speaker.isRelayed && portal.userId !== '') {
    throw new IrcRefusal('the bridge speaks for you on this network, and nobody could answer you in private');
  }
  const name = speaker.isRelayed ? await nameOf(context, portal.roomId, event.sender) : undefined;
  const spoken = name === undefined ? text : relayed(text, name);
  const userId = speaker.isRelayed ? undefined : event.sender;
  let lines = irc.splitText(userId, portal.displayTarget, spoken.text, maxLines + 1);
  if (lines.length > maxLines) lines = await linkLongText(context, text.text, lines);
  const author = (userId === undefined ? name : irc.nickOf(userId)) ?? event.sender;
  // What the last line became is committed with the end of the entry.
  let message: KnownMessage | undefined;
  for (let index = entry.sentLines; index < lines.length; index += 1) {
    if (index > entry.sentLines) {
      await context.queues.noteProgress({ position: entry.position, sentLines: index, message });
      message = undefined;
    }
    const line = { speaker: userId, target: portal.displayTarget, kind: spoken.kind, text: lines[index] ?? '' };
    const identity = await sayLine(context, network, portal, line);
    // Every line that has an id, so that the network's history cannot bring it back as somebody's.
    if (identity === undefined && (index > 0 || event.type !== 'm.room.message')) continue;
    message = {
      ...{ network: portal.network, target: portal.target, roomId: portal.roomId, eventId: event.event_id },
      ...{ identity: identity ?? `matrix ${event.event_id}`, author, excerpt: excerptOf(text.text) },
    };
  }
  return message;
}

/** Says a line, unless it was said before its connection broke and has been seen on IRC since. */
async function sayLine(
  { unknownLines }: BridgeContext,
  { irc }: BridgedNetwork,
  portal: Portal,
  line: SpokenLine,
): Promise<string | undefined> {
  const own = {
    ...{ network: portal.network, channel: portal.target, speaker: line.speaker ?? '', text: line.text },
    nick: line.speaker === undefined ? '' : irc.fold(irc.nickOf(line.speaker) ?? ''),
  };
  if (unknownLines.takeConfirmed(own)) return undefined;
  unknownLines.add(own);
  try {
    const { identity } = await irc.say(line);
    unknownLines.takeConfirmed(own);
    return identity;
  } catch (error) {
    const isUnknown = error instanceof IrcConnectionLost && error.isUnknown;
    if (!isUnknown) unknownLines.takeConfirmed(own);
    throw error;
  }
}

/** The bot speaks for somebody. */
function relayed(text: IrcText, name: string): IrcText {
  if (text.kind === 'action') return { kind: 'message', text: `* ${name} ${text.text}` };
  return {
    ...text,
    text: text.text
      .split('\n')
      .map((line) => `<${name}> ${line}`)
      .join('\n'),
  };
}

async function nameOf(context: BridgeContext, roomId: string, userId: string): Promise<string> {
  const name = (await context.members.displayName(roomId, userId)) ?? userId.slice(1).split(':')[0] ?? userId;
  // What shows as a name may break no line and use no formatting.
  // oxlint-disable-next-line no-control-regex
  return [...name.replace(/[\u0000-\u001f\u007f]/g, '')].slice(0, 30).join('');
}

/** The first lines and a link to the whole. */
async function linkLongText(context: BridgeContext, text: string, lines: readonly string[]): Promise<string[]> {
  const { clock, secrets, config } = context;
  const mxc = await uploadText(context.matrix, text);
  const lifetimeMs = config.limits.linkLifetimeMs;
  const link = makeMediaLink({ publicUrl: config.http.publicUrl, lifetimeMs, clock, secrets }, mxc, 'message.txt');
  return [...lines.slice(0, shownOfLong), `… (it is longer; all of it: ${link ?? 'cannot be shown here'})`];
}
