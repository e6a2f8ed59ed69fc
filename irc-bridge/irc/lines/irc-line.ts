/** One message of the protocol. https://modern.ircdocs.horse/#message-format */
export interface IrcLine {
  /** Message tags, unescaped; those without a value are ''. */
  readonly tags: ReadonlyMap<string, string>;
  readonly source: IrcSource | undefined;
  /** In upper case, or three digits. */
  readonly command: string;
  readonly parameters: readonly string[];
}

/** Who a line is from: a person, or a server (then only `nick` is set, with the server's name). */
export interface IrcSource {
  readonly nick: string;
  readonly user: string | undefined;
  readonly host: string | undefined;
}

const none: ReadonlyMap<string, string> = new Map();
const maxTags = 100;
const maxParameters = 50;

/** Reads a line without its end; undefined when it is none. Takes time in proportion to its length. */
export function parseIrcLine(text: string): IrcLine | undefined {
  let at = 0;
  let tags = none;
  if (text.startsWith('@')) {
    const end = text.indexOf(' ');
    if (end < 0) return undefined;
    tags = parseTags(text.slice(1, end));
    at = skipSpaces(text, end);
  }
  let source: IrcSource | undefined;
  if (text[at] === ':') {
    const end = text.indexOf(' ', at);
    if (end < 0) return undefined;
    source = parseSource(text.slice(at + 1, end));
    at = skipSpaces(text, end);
  }
  const [command, ...parameters] = parseParameters(text, at);
  if (command === undefined || !/^(?:[A-Za-z]+|\d{3})$/.test(command)) return undefined;
  return { tags, source, command: command.toUpperCase(), parameters };
}

function skipSpaces(text: string, from: number): number {
  let at = from;
  while (text[at] === ' ') at += 1;
  return at;
}

function parseParameters(text: string, from: number): string[] {
  const found: string[] = [];
  for (let at = from; at < text.length; ) {
    if (found.length > 0 && (text[at] === ':' || found.length > maxParameters)) {
      found.push(text.slice(text[at] === ':' ? at + 1 : at));
      return found;
    }
    const space = text.indexOf(' ', at);
    const end = space < 0 ? text.length : space;
    found.push(text.slice(at, end));
    at = skipSpaces(text, end);
  }
  return found;
}

export function parseSource(text: string): IrcSource {
  const at = text.indexOf('@');
  const head = at < 0 ? text : text.slice(0, at);
  const host = at < 0 ? undefined : text.slice(at + 1);
  const mark = head.indexOf('!');
  const [nick, user] = mark < 0 ? [head, undefined] : [head.slice(0, mark), head.slice(mark + 1)];
  return { nick, user, host };
}

function parseTags(text: string): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (const each of text.split(';', maxTags)) {
    const equals = each.indexOf('=');
    const [key, value] = equals < 0 ? [each, ''] : [each.slice(0, equals), unescapeTag(each.slice(equals + 1))];
    if (key !== '') tags.set(key, value);
  }
  return tags;
}

const unescaped: Readonly<Record<string, string>> = { ':': ';', s: ' ', r: '\r', n: '\n', '\\': '\\' };

function unescapeTag(value: string): string {
  return value.replace(/\\([\s\S]?)/g, (_, letter: string) => unescaped[letter] ?? letter);
}

const escaped: Readonly<Record<string, string>> = { ';': '\\:', ' ': '\\s', '\r': '\\r', '\n': '\\n', '\\': '\\\\' };

/** Spaces where a text has what would end a line. NUL is not allowed in IRC either. */
export function toOneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\r\n\0]+/g, ' ');
}

/**
 * Writes a line without its end. The last parameter may have spaces and may be empty; in any other one a space, or
 * nothing, would move those after it: that is a fault of the caller and throws.
 */
export function formatIrcLine(
  command: string,
  parameters: readonly string[],
  tags: Readonly<Record<string, string>> = {},
): string {
  const words = parameters.map((parameter, index) => {
    const word = toOneLine(parameter);
    const isLast = index === parameters.length - 1;
    const needsColon = word === '' || word.startsWith(':') || word.includes(' ');
    if (needsColon && !isLast) throw new Error(`a parameter of ${command} is no word`);
    return needsColon ? `:${word}` : word;
  });
  const tagText = Object.entries(tags)
    .map(([key, value]) => `${key}=${value.replace(/[;\s\\]/g, (character) => escaped[character] ?? ' ')}`)
    .join(';');
  return [...(tagText === '' ? [] : [`@${tagText}`]), command, ...words].join(' ');
}
