import { type HtmlToken, readHtmlTokens } from './html-tokens.ts';
import { colourPalette, formattingCodes } from './irc-formatting-codes.ts';

const switchOf: Readonly<Record<string, string>> = {
  ...{ b: formattingCodes.bold, strong: formattingCodes.bold, i: formattingCodes.italic, em: formattingCodes.italic },
  ...{ u: formattingCodes.underline, ins: formattingCodes.underline, code: formattingCodes.monospace },
  ...{ del: formattingCodes.strikethrough, s: formattingCodes.strikethrough, strike: formattingCodes.strikethrough },
  ...{ h1: formattingCodes.bold, h2: formattingCodes.bold, h3: formattingCodes.bold, h4: formattingCodes.bold },
  ...{ h5: formattingCodes.bold, h6: formattingCodes.bold, th: formattingCodes.bold },
};
const blocks = new Set(['p', 'div', 'blockquote', 'pre', 'ul', 'ol', 'li', 'table', 'tr', 'details', 'summary', 'hr']);
for (const level of [1, 2, 3, 4, 5, 6]) blocks.add(`h${level}`);
/** What is in these is not shown. */
const hidden = new Set(['mx-reply', 'script', 'style', 'title']);
const empty = new Set(['br', 'hr', 'img']);
/** Elements within each other; those further in are as if they were not there. */
const maxDepth = 50;

interface OpenElement {
  readonly name: string;
  readonly before: string;
  /** Of a link. */
  readonly href: string | undefined;
  readonly textStart: number;
  /** The number of the next item of a list; undefined for bullets. */
  next: number | undefined;
}

/** More than this is far beyond what is said on IRC; it could cost its reader's time out of proportion. */
const longestHtml = 16 * 1024;
const maxTokens = 2_000;

/**
 * HTML of a message with IRC's codes; links to users become their nicks, where `nickOf` knows them. Undefined when there
 * is too much of it: the message's plain text stands for it then.
 */
export function formatForIrc(html: string, nickOf: (userId: string) => string | undefined): string | undefined {
  if (html.length > longestHtml) return undefined;
  const writer = new IrcWriter(nickOf);
  let count = 0;
  for (const token of readHtmlTokens(html)) {
    count += 1;
    if (count > maxTokens) return undefined;
    writer.take(token);
  }
  return writer.finish();
}

class IrcWriter {
  readonly #nickOf: (userId: string) => string | undefined;
  readonly #open: OpenElement[] = [];
  #text = '';
  /** The element whose text is left out. */
  #hidden: string | undefined;
  #format = '';

  constructor(nickOf: (userId: string) => string | undefined) {
    this.#nickOf = nickOf;
  }

  take(token: HtmlToken): void {
    if (token.kind === 'text') this.#write(token.text);
    else if (token.kind === 'open') this.#begin(token.name, token.attributes);
    else this.#end(token.name);
  }

  finish(): string {
    while (this.#open.length > 0) this.#close();
    return this.#text
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => hasText(line))
      .join('\n')
      .trim();
  }

  /** Whether an element is open around what comes now. */
  #isInside(name: string): boolean {
    return this.#open.some((element) => element.name === name);
  }

  #write(text: string): void {
    if (this.#hidden !== undefined) return;
    // oxlint-disable-next-line no-control-regex
    const clean = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '');
    const spaced = this.#isInside('pre') ? clean : clean.replace(/[ \t\n]+/g, ' ');
    const isAtStart = this.#text === '' || this.#text.endsWith('\n');
    // Formatting ends with each line: the next one begins as a message of its own.
    for (const [index, line] of spaced.split('\n').entries()) {
      if (index > 0) this.#breakLine();
      this.#text += isAtStart && index === 0 && !this.#isInside('pre') ? line.replace(/^ /, '') : line;
    }
  }

  #breakLine(): void {
    this.#text += `\n${this.#format}`;
  }

  #startBlock(): void {
    if (this.#text !== '' && !this.#text.endsWith(`\n${this.#format}`)) this.#breakLine();
    if (this.#isInside('blockquote') && !this.#text.endsWith('> ')) this.#text += '> ';
  }

  #begin(name: string, attributes: ReadonlyMap<string, string>): void {
    if (this.#hidden !== undefined) return;
    if (hidden.has(name)) {
      this.#hidden = name;
      return;
    }
    if (name === 'br') return this.#breakLine();
    if (name === 'img') return this.#write(attributes.get('alt') ?? attributes.get('title') ?? '');
    if (this.#open.length >= maxDepth) return;
    const before = this.#format;
    const next = name === 'ol' ? Number.parseInt(attributes.get('start') ?? '1', 10) || 1 : undefined;
    const textStart = this.#text.length;
    this.#open.push({ name, before, href: name === 'a' ? attributes.get('href') : undefined, textStart, next });
    if (blocks.has(name)) this.#startBlock();
    if (name === 'hr') this.#text += '---';
    if (name === 'li') this.#startItem();
    if (name === 'td' || name === 'th') this.#text += this.#text.endsWith('\n') ? '' : ' ';
    if (attributes.has('data-mx-spoiler')) this.#startSpoiler(attributes.get('data-mx-spoiler') ?? '');
    const code = this.#isInside('pre') && name === 'code' ? undefined : switchOf[name];
    if (code !== undefined && !before.includes(code)) this.#setFormat(before + code);
    const colour = attributes.get('data-mx-color') ?? attributes.get('color');
    if (!attributes.has('data-mx-spoiler') && colour !== undefined) this.#setColour(colour);
    if (empty.has(name)) this.#close();
  }

  #startItem(): void {
    const list = this.#open.findLast(({ name }) => name === 'ul' || name === 'ol');
    const depth = this.#open.filter(({ name }) => name === 'ul' || name === 'ol').length;
    this.#text += '  '.repeat(Math.max(0, Math.min(5, depth - 1)));
    if (list?.next === undefined) this.#text += '• ';
    else {
      this.#text += `${list.next}. `;
      list.next += 1;
    }
  }

  /** Black on black, which people select to read, as they do on IRC. */
  #startSpoiler(reason: string): void {
    this.#write(reason === '' ? '(spoiler) ' : `(spoiler: ${reason}) `);
    this.#setFormat(`${this.#format}${formattingCodes.colour}01,01`);
  }

  #setColour(colour: string): void {
    if (!/^#[0-9A-Fa-f]{6}$/.test(colour) || this.#format.includes(formattingCodes.colour)) return;
    const nearest = nearestColour(colour);
    this.#setFormat(`${this.#format}${formattingCodes.colour}${String(nearest).padStart(2, '0')}`);
  }

  #setFormat(format: string): void {
    if (format === this.#format) return;
    const isMore = format.startsWith(this.#format);
    this.#text += isMore ? format.slice(this.#format.length) : `${formattingCodes.reset}${format}`;
    this.#format = format;
  }

  #end(name: string): void {
    if (this.#hidden !== undefined) {
      if (this.#hidden === name) this.#hidden = undefined;
      return;
    }
    if (!this.#isInside(name)) return;
    for (let closed = this.#close(); closed !== name; ) closed = this.#close();
  }

  #close(): string | undefined {
    const element = this.#open.pop();
    if (!element) return undefined;
    if (element.href !== undefined) this.#endLink(element.href, element.textStart);
    this.#setFormat(element.before);
    if (blocks.has(element.name) && !this.#text.endsWith(`\n${this.#format}`)) this.#breakLine();
    return element.name;
  }

  #endLink(href: string, textStart: number): void {
    const [, target = ''] = /^https:\/\/matrix\.to\/#\/([^?]+)/.exec(href) ?? [];
    const said = this.#text.slice(textStart);
    const id = decodeUri(target);
    if (id.startsWith('@')) {
      const nick = this.#nickOf(id);
      if (nick !== undefined) this.#text = `${this.#text.slice(0, textStart)}${nick}`;
      return;
    }
    const isShown = said.includes(href) || target !== '' || !/^(?:https?|ftp|mailto|magnet):/i.test(href);
    // oxlint-disable-next-line no-control-regex
    if (!isShown) this.#text += ` <${href.replace(/[\u0000-\u0020\u007f]/g, '')}>`;
  }
}

function hasText(line: string): boolean {
  // oxlint-disable-next-line no-control-regex
  return line.replace(/\u0003(?:\d{1,2}(?:,\d{1,2})?)?|[\u0000-\u001f]/g, '').trim() !== '';
}

function decodeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function channels(colour: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
}

/** Of the sixteen colours that every client has. */
function nearestColour(colour: string): number {
  const wanted = channels(colour);
  const distances = colourPalette.slice(0, 16).map((each) => {
    return channels(each).reduce((sum, value, index) => sum + (value - (wanted[index] ?? 0)) ** 2, 0);
  });
  return distances.indexOf(Math.min(...distances));
}
