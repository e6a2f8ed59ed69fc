import type { FakeHomeserver } from '@holdfast/irc-bridge/testing/fake-homeserver.ts';
import { smuggled } from './make-matrix-event.ts';

/** A line of IRC without its tags may have so many bytes, its end included. */
const longestLineBytes = 512;
/** All the HTML that the bridge makes of what was said on IRC. */
const ownHtml =
  /<\/?(?:strong|em|u|del|code)>|<span(?: data-mx-(?:bg-)?color="#[0-9a-f]{6}")+>|<\/span>|<a href="https:\/\/matrix\.to\/#\/[^"<>]*">|<\/a>/g;

/** What is wrong with a line that the bridge has sent to IRC. */
export function judgeLine(line: string): string | undefined {
  const shown = JSON.stringify(line.slice(0, 200));
  // oxlint-disable-next-line no-control-regex
  if (/[\r\n\0]/.test(line)) return `a line has another within itself: ${shown}`;
  const bare = line.replace(/^@\S+ /, '');
  if (Buffer.byteLength(bare) + 2 > longestLineBytes) return `a line of ${Buffer.byteLength(bare)} bytes: ${shown}`;
  const [command = ''] = bare.split(' ');
  return smuggled.includes(command.toUpperCase()) ? `somebody's text became a command: ${shown}` : undefined;
}

/** What is wrong with an event that the bridge has sent to the homeserver. */
export function judgeEvent({ type, content, sender }: FakeHomeserver['events'][number]): string | undefined {
  if (type !== 'm.room.message') return undefined;
  const { body, formatted_body: html = '', 'm.mentions': mentions } = content;
  const shown = JSON.stringify({ sender, ...content }).slice(0, 300);
  if (typeof body !== 'string' || typeof html !== 'string') return `no text: ${shown}`;
  if (typeof mentions !== 'object' || mentions === null || 'room' in mentions)
    return `it may mention everyone: ${shown}`;
  if (/@room/i.test(body) && /@irc_/.test(sender)) return `the text mentions everyone: ${shown}`;
  if (/@room/i.test(html.replace(/<[^>]*>/g, ''))) return `the HTML mentions everyone: ${shown}`;
  if (/[<>]/.test(html.replace(ownHtml, ''))) return `HTML that is not the bridge's: ${shown}`;
  // oxlint-disable-next-line no-control-regex
  return /\0/.test(body + html) ? `NUL: ${shown}` : undefined;
}
