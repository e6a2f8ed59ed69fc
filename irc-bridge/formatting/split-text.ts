/** Formatting that is on at a place of a text, as the codes that put it on. */
interface OpenFormats {
  readonly flags: Set<string>;
  colour: string;
}

const code =
  /[\u0002\u0011\u001d\u001e\u001f\u0016\u000f]|\u0003(?:\d{1,2}(?:,\d{1,2})?)?|\u0004(?:[0-9A-Fa-f]{6}(?:,[0-9A-Fa-f]{6})?)?/g;
const encoder = new TextEncoder();

function byteLength(text: string): number {
  return encoder.encode(text).length;
}

/** Follows the codes of `text` from `open` on. */
function followFormats(open: OpenFormats, text: string): void {
  for (const [found] of text.matchAll(code)) {
    const kind = found[0] ?? '';
    if (kind === '\u000f') {
      open.flags.clear();
      open.colour = '';
    } else if (kind === '\u0003' || kind === '\u0004') open.colour = found.length === 1 ? '' : found;
    else if (!open.flags.delete(kind)) open.flags.add(kind);
  }
}

function reopen({ flags, colour }: OpenFormats, next: string): string {
  // Digits after a colour would be read as a part of it; two bold codes in between change nothing.
  const guard = colour !== '' && /^[\d,]/.test(next) ? '\u0002\u0002' : '';
  return `${[...flags].join('')}${colour}${guard}`;
}

/**
 * Cuts a text with IRC's formatting into lines of at most `maxBytes` in UTF-8: at its line ends, and long lines at the
 * end of a sentence, else between words, else between characters as people see them. Formatting goes on in the next
 * line. Empty lines are left out. The words of all lines together are those of the text, unless there are more than
 * `maxLines`: then those are left out.
 */
export function splitText(text: string, maxBytes: number, maxLines = Number.POSITIVE_INFINITY): string[] {
  const lines: string[] = [];
  for (const line of text.split(/\r\n|[\r\n]/)) {
    const open: OpenFormats = { flags: new Set(), colour: '' };
    let rest = line.replaceAll('\0', '');
    while (lines.length < maxLines && rest.trim() !== '') {
      const whole = `${reopen(open, rest)}${rest}`;
      const isEnd = byteLength(whole) <= maxBytes;
      const room = maxBytes - byteLength(reopen(open, rest));
      const head = isEnd ? rest : rest.slice(0, findCut(rest, Math.max(8, room)));
      const said = `${reopen(open, rest)}${head}`.trimEnd();
      if (said !== '') lines.push(said);
      followFormats(open, head);
      rest = rest.slice(head.length).trimStart();
    }
  }
  return lines;
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
/** A cut further ahead than this part of the line wastes too much of it. */
const leastFill = 0.5;

/** Where to cut: the length of the longest good beginning that has at most `maxBytes`. */
function findCut(text: string, maxBytes: number): number {
  const most = longestBeginning(text, maxBytes);
  const beginning = text.slice(0, most);
  const least = most * leastFill;
  let sentence = 0;
  for (const { index, 0: end } of beginning.matchAll(/[.!?…。！？][)"'”’\]]*(?:\s|$)/g)) sentence = index + end.length;
  if (sentence > least) return sentence;
  const space = beginning.search(/\s\S*$/);
  if (text[most] === ' ') return most;
  return space > 0 ? space + 1 : most;
}

function longestBeginning(text: string, maxBytes: number): number {
  // No character has more UTF-16 units than bytes, so what is cut off here cannot fit.
  const candidate = text.slice(0, maxBytes + 1);
  let bytes = 0;
  let length = 0;
  for (const { segment } of segmenter.segment(candidate)) {
    const size = byteLength(segment);
    if (bytes + size > maxBytes) break;
    bytes += size;
    length += segment.length;
  }
  return length > 0 ? keepCodesWhole(text, length) : cutInside(text, maxBytes);
}

/** A character of more bytes than a line has room for (many combining marks): cut between code points. */
function cutInside(text: string, maxBytes: number): number {
  let bytes = 0;
  let length = 0;
  for (const point of text) {
    bytes += byteLength(point);
    if (bytes > maxBytes) break;
    length += point.length;
  }
  return Math.max(1, length);
}

/** A cut must not fall into a code for a colour: what is behind it would be read as text. */
function keepCodesWhole(text: string, length: number): number {
  const from = Math.max(0, length - 15);
  for (const found of text.slice(from, length + 15).matchAll(code)) {
    const begin = from + found.index;
    if (begin > 0 && begin < length && begin + found[0].length > length) return begin;
  }
  return length;
}
