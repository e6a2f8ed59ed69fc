import type { IrcMessage } from '../../irc/irc-event.ts';

/** What a message of IRC becomes depends on besides itself. */
export interface ContentContext {
  /** Turns IRC's formatting into plain text and, where there is any, HTML. */
  format(text: string): { readonly body: string; readonly html: string | undefined };
  /** The Matrix user behind a nick. */
  userOf(nick: string): string | undefined;
  /** The event that it answers. */
  readonly answered: string | undefined;
  /** Set when the bot speaks because the person cannot be in the room. */
  readonly relayedNick: string | undefined;
}

const types = { message: 'm.text', notice: 'm.notice', action: 'm.emote' } as const;
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => escapes[character] ?? '');
}

/**
 * The content of the event that a message of IRC becomes. It mentions whom it addresses (`nick: text`), and never a whole
 * room; its HTML is made of what `format` makes and of nothing that was said.
 */
export function toContent(message: IrcMessage, context: ContentContext): Record<string, unknown> {
  const { body, html } = context.format(message.text);
  const [, nick = '', rest = ''] = /^([^\s:,]{1,50})([:,]\s[\s\S]*)$/.exec(body) ?? [];
  const addressed = nick === '' ? undefined : context.userOf(nick);
  const relayed = context.relayedNick === undefined ? '' : `<${context.relayedNick}> `;
  const content: Record<string, unknown> = {
    msgtype: types[message.form],
    body: `${relayed}${body}`,
    'm.mentions': addressed === undefined ? {} : { user_ids: [addressed] },
  };
  if (addressed !== undefined) {
    const said = html === undefined ? escapeHtml(rest) : dropNick(html, nick);
    const pill = `<a href="https://matrix.to/#/${encodeURIComponent(addressed)}">${escapeHtml(nick)}</a>`;
    if (said !== undefined) Object.assign(content, asHtml(`${escapeHtml(relayed)}${pill}${said}`));
  } else if (html !== undefined) Object.assign(content, asHtml(`${escapeHtml(relayed)}${html}`));
  if (context.answered !== undefined) content['m.relates_to'] = { 'm.in_reply_to': { event_id: context.answered } };
  return content;
}

function asHtml(html: string): Record<string, unknown> {
  return { format: 'org.matrix.custom.html', formatted_body: html };
}

/** HTML without the nick at its beginning; undefined when it begins with something else, such as formatting. */
function dropNick(html: string, nick: string): string | undefined {
  const beginning = escapeHtml(nick);
  return html.startsWith(beginning) ? html.slice(beginning.length) : undefined;
}
