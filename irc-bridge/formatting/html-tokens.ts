/** A piece of HTML: text with its references resolved, or the beginning or end of an element. */
export type HtmlToken =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'open'; readonly name: string; readonly attributes: ReadonlyMap<string, string> }
  | { readonly kind: 'close'; readonly name: string };

const named: Readonly<Record<string, string>> = {
  ...{ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0', hellip: '…', mdash: '—', ndash: '–' },
  ...{ copy: '©', reg: '®', euro: '€', laquo: '«', raquo: '»', ldquo: '“', rdquo: '”', lsquo: '‘', rsquo: '’' },
};
/** A tag longer than this is text. */
const maxTagLength = 4_096;
const maxAttributes = 20;

/** Resolves references to characters, such as `&amp;` and `&#39;`. */
export function decodeReferences(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z]{2,8}));/g, (whole, decimal, hex, name) => {
    if (name !== undefined) return Object.hasOwn(named, name as string) ? (named[name as string] ?? whole) : whole;
    const point = decimal === undefined ? Number.parseInt(hex as string, 16) : Number(decimal);
    const isCharacter = point > 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
    return isCharacter ? String.fromCodePoint(point) : '\ufffd';
  });
}

/**
 * Reads HTML as the pieces it is made of, in time in proportion to its length. What is no tag is text; comments are left
 * out. Nothing is nested or closed here: that is for whoever reads the tokens.
 */
export function* readHtmlTokens(html: string): Generator<HtmlToken> {
  let textStart = 0;
  let at = html.indexOf('<');
  while (at >= 0) {
    const found = readMarkup(html, at);
    if (found) {
      if (at > textStart) yield { kind: 'text', text: decodeReferences(html.slice(textStart, at)) };
      if (found.token) yield found.token;
      textStart = found.end;
    }
    at = html.indexOf('<', found ? found.end : at + 1);
  }
  if (textStart < html.length) yield { kind: 'text', text: decodeReferences(html.slice(textStart)) };
}

function readMarkup(html: string, open: number): { readonly token?: HtmlToken; readonly end: number } | undefined {
  if (!html.startsWith('<!--', open)) return readTag(html, open);
  const close = html.indexOf('-->', open + 4);
  return { end: close < 0 ? html.length : close + 3 };
}

function readTag(html: string, open: number): { readonly token: HtmlToken; readonly end: number } | undefined {
  const part = html.slice(open, open + maxTagLength);
  const [, slash = '', name = ''] = /^<(\/?)([A-Za-z][A-Za-z0-9-]{0,30})(?=[\s/>])/.exec(part) ?? [];
  if (name === '') return undefined;
  const attributes = new Map<string, string>();
  const attribute = /[\s/]*(?:([^\s=<>"'/]{1,60})(?:\s{0,10}=\s{0,10}(?:"([^"]*)"|'([^']*)'|([^\s"'<>]*)))?|(>))/y;
  attribute.lastIndex = 1 + slash.length + name.length;
  for (let count = 0; count <= maxAttributes; count += 1) {
    const [whole, key, double, single, bare, end] = attribute.exec(part) ?? [];
    if (whole === undefined) return undefined;
    if (end !== undefined) {
      const lower = name.toLowerCase();
      const token: HtmlToken =
        slash === '' ? { kind: 'open', name: lower, attributes } : { kind: 'close', name: lower };
      return { token, end: open + attribute.lastIndex };
    }
    if (key !== undefined) attributes.set(key.toLowerCase(), decodeReferences(double ?? single ?? bare ?? ''));
  }
  return undefined;
}
