import { colourPalette, formattingCodes } from './irc-formatting-codes.ts';

/** How a stretch of text looks. */
interface Format {
  readonly flags: ReadonlySet<string>;
  readonly colour: string | undefined;
  readonly background: string | undefined;
}

const plain: Format = { flags: new Set(), colour: undefined, background: undefined };
const tags: readonly (readonly [code: string, tag: string])[] = [
  [formattingCodes.bold, 'strong'],
  [formattingCodes.italic, 'em'],
  [formattingCodes.underline, 'u'],
  [formattingCodes.strikethrough, 'del'],
  [formattingCodes.monospace, 'code'],
];
// oxlint-disable-next-line no-control-regex
const switches =
  /\u0003(?:(\d{1,2})(?:,(\d{1,2}))?)?|\u0004(?:([0-9A-Fa-f]{6})(?:,([0-9A-Fa-f]{6}))?)?|[\u0002\u000f\u0011\u0016\u001d-\u001f]/g;
const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** Beyond this many changes it is decoration: the text is shown without it, so that HTML stays in proportion. */
const maxSwitches = 200;

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => escapes[character] ?? '');
}

/** Whatever is no text: control characters besides those that switch formatting. */
function clean(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, '');
}

/** `@room` mentions everybody for clients that read the text: a word joiner makes it another word that looks the same. */
function defuse(text: string): string {
  return text.replace(/@(?=room)/gi, '@\u2060');
}

/**
 * The text of a message of IRC for Matrix: plain, and as HTML where there is formatting. The HTML is made of the elements
 * that this writes and nothing else; neither mentions a room.
 */
export function formatOfIrc(text: string): { readonly body: string; readonly html: string | undefined } {
  // What a split or a control character tears apart must not become a mention when it is put together.
  const parts = readStretches(text);
  const body = defuse(parts.map(({ said }) => said).join(''));
  const isPlain = parts.every(({ format }) => isBare(format)) || parts.length > maxSwitches;
  if (isPlain || body.trim() === '') return { body, html: undefined };
  const html = parts.map(({ said, format }) => renderStretch(said, format)).join('');
  return { body, html };
}

function readStretches(text: string): { readonly said: string; readonly format: Format }[] {
  const found: { said: string; format: Format }[] = [];
  let format = plain;
  let from = 0;
  const add = (said: string) => {
    if (said !== '') found.push({ said, format });
  };
  for (const each of text.matchAll(switches)) {
    add(clean(text.slice(from, each.index)));
    format = switchFormat(format, each);
    from = each.index + each[0].length;
  }
  add(clean(text.slice(from)));
  return found;
}

function switchFormat(format: Format, [whole, colour, background, hex, hexBackground]: RegExpMatchArray): Format {
  const [code = ''] = whole;
  if (code === formattingCodes.reset) return plain;
  if (code === formattingCodes.colour) {
    if (colour === undefined) return { ...format, colour: undefined, background: undefined };
    const kept = background === undefined ? format.background : colourPalette[Number(background)];
    return { ...format, colour: colourPalette[Number(colour)], background: kept };
  }
  if (code === formattingCodes.hexColour) {
    if (hex === undefined) return { ...format, colour: undefined, background: undefined };
    const kept = hexBackground === undefined ? format.background : `#${hexBackground.toLowerCase()}`;
    return { ...format, colour: `#${hex.toLowerCase()}`, background: kept };
  }
  const flags = new Set(format.flags);
  if (!flags.delete(code)) flags.add(code);
  return { ...format, flags };
}

function isBare({ flags, colour, background }: Format): boolean {
  return flags.size === 0 && colour === undefined && background === undefined;
}

function renderStretch(said: string, format: Format): string {
  const isReversed = format.flags.has(formattingCodes.reverse);
  const [front, back] = isReversed
    ? [format.background ?? '#ffffff', format.colour ?? '#000000']
    : [format.colour, format.background];
  // The word may go on in the next stretch.
  let html = defuse(escapeHtml(said)).replace(/@(?=(?:r(?:oo?)?)?$)/i, '@\u2060');
  for (const [code, tag] of tags.toReversed()) if (format.flags.has(code)) html = `<${tag}>${html}</${tag}>`;
  if (front === undefined && back === undefined) return html;
  const colours = [front && `data-mx-color="${front}"`, back && `data-mx-bg-color="${back}"`].filter(Boolean).join(' ');
  return `<span ${colours}>${html}</span>`;
}
