import { type MatrixEvent, objectOf, textOf } from '../../matrix/matrix-event.ts';

/** What is to be said on IRC. */
export interface IrcText {
  readonly kind: 'message' | 'notice' | 'action';
  /** With the codes of IRC's formatting; may have several lines and be longer than one message. */
  readonly text: string;
}

/** What the text depends on besides the event. */
export interface TextContext {
  /** Turns HTML into IRC's formatting; undefined when there is too much of it. */
  formatHtml(html: string): string | undefined;
  /** A link to a file that works without an account; undefined when there is no such file. */
  linkMedia(mxc: string, fileName: string): string | undefined;
  /** Who said the message that this one is about, as IRC knows the person, and how it began. */
  readonly about: { readonly author: string; readonly excerpt: string } | undefined;
  /** How the text of a redacted or edited message began, where it is known to have gone to IRC. */
  readonly isAboutKnown: boolean;
}

const longestExcerpt = 60;

/** The beginning of a text on one line, as it is quoted. */
export function excerptOf(text: string): string {
  const line = text.slice(0, 1_000).replace(/\s+/g, ' ').trim();
  const characters = [...line];
  return characters.length <= longestExcerpt ? line : `${characters.slice(0, longestExcerpt - 1).join('')}…`;
}

/** The event that this one replaces, answers, reacts to or redacts; undefined when there is none. */
export function findRelated(
  event: MatrixEvent,
): { kind: 'edit' | 'reply' | 'reaction' | 'redaction'; id: string } | undefined {
  if (event.type === 'm.room.redaction') {
    const id = event.redacts ?? textOf(event.content, 'redacts');
    return id === undefined ? undefined : { kind: 'redaction', id };
  }
  const relation = objectOf(event.content, 'm.relates_to');
  const id = textOf(relation, 'event_id');
  if (relation['rel_type'] === 'm.replace' && id !== undefined) return { kind: 'edit', id };
  if (relation['rel_type'] === 'm.annotation' && id !== undefined) return { kind: 'reaction', id };
  const answered = textOf(objectOf(relation, 'm.in_reply_to'), 'event_id');
  // A client that knows no threads answers the thread's last message: that is no reply of anybody.
  if (answered === undefined || relation['is_falling_back'] === true) return undefined;
  return { kind: 'reply', id: answered };
}

/** What an event of Matrix says to people on IRC; undefined: nothing. */
export function toIrcText(event: MatrixEvent, context: TextContext): IrcText | undefined {
  const related = findRelated(event);
  if (event.type === 'm.reaction') {
    const key = textOf(objectOf(event.content, 'm.relates_to'), 'key');
    if (key === undefined || !context.about) return undefined;
    const text = `reacted to ${context.about.author}’s “${context.about.excerpt}” with ${excerptOf(key)}`;
    return { kind: 'action', text };
  }
  if (event.type === 'm.room.redaction') {
    if (!context.about || !context.isAboutKnown) return undefined;
    return { kind: 'action', text: `removed ${context.about.author}’s “${context.about.excerpt}”` };
  }
  if (event.type === 'm.sticker') return toFile(event.content, 'sticker', context);
  if (event.type !== 'm.room.message') return undefined;
  if (related?.kind === 'edit') {
    const edited = toMessage(objectOf(event.content, 'm.new_content'), context);
    return edited && { ...edited, text: `* ${edited.text}` };
  }
  const message = toMessage(event.content, context);
  if (!message || related?.kind !== 'reply' || !context.about) return message;
  const text = dropReplyFallback(message.text, event.content);
  if (message.kind === 'action') return { ...message, text };
  const isAddressed = text.startsWith(`${context.about.author}:`);
  return { ...message, text: isAddressed ? text : `${context.about.author}: ${text}` };
}

function toMessage(content: Readonly<Record<string, unknown>>, context: TextContext): IrcText | undefined {
  const type = textOf(content, 'msgtype');
  const kind = ({ 'm.emote': 'action', 'm.notice': 'notice' } as const)[type ?? ''] ?? 'message';
  if (['m.image', 'm.file', 'm.audio', 'm.video'].includes(type ?? ''))
    return toFile(content, type?.slice(2) ?? '', context);
  if (type === 'm.location') {
    const place = [textOf(content, 'body'), textOf(content, 'geo_uri')].filter((text) => text !== undefined);
    return place.length > 0 ? { kind: 'message', text: [...new Set(place)].join(' ') } : undefined;
  }
  const html = content['format'] === 'org.matrix.custom.html' ? textOf(content, 'formatted_body') : undefined;
  const text = (html === undefined ? undefined : context.formatHtml(html)) ?? textOf(content, 'body');
  return text === undefined || text.trim() === '' ? undefined : { kind, text };
}

function toFile(content: Readonly<Record<string, unknown>>, type: string, context: TextContext): IrcText | undefined {
  const mxc = textOf(content, 'url');
  const body = textOf(content, 'body') ?? type;
  const name = textOf(content, 'filename') ?? body;
  const link = mxc === undefined ? undefined : context.linkMedia(mxc, name);
  if (link === undefined) return { kind: 'message', text: `(a file that cannot be shown here: ${excerptOf(body)})` };
  const caption = body === name ? excerptOf(name) : body;
  return { kind: 'message', text: `${caption}: ${link}` };
}

/** Old clients put what they answer in front, as lines that begin with `>`. */
function dropReplyFallback(text: string, content: Readonly<Record<string, unknown>>): string {
  if (content['format'] === 'org.matrix.custom.html' || !text.startsWith('> <')) return text;
  return text.replace(/^(?:> .*\n?)+\n?/, '');
}

/** Marks a message that waited with the time at which it was said, in UTC. */
export function markLate(text: IrcText, saidAtMs: number): IrcText {
  const time = new Date(saidAtMs).toISOString().slice(0, 16).replace('T', ' ');
  return { ...text, text: `[${time} UTC] ${text.text}` };
}
