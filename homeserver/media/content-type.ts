export const unknownContentType = 'application/octet-stream';

const maxLength = 255;
const mediaType = /^[a-z0-9!#$&^_.+-]+\/[a-z0-9!#$&^_.+-]+$/;

/**
 * Types that browsers only render as what they are, so that they may be shown inside a page.
 * https://spec.matrix.org/v1.19/client-server-api/#serving-inline-content
 */
const inlineTypes = new Set([
  ...['text/css', 'text/plain', 'text/csv', 'application/json', 'application/ld+json'],
  ...['image/jpeg', 'image/gif', 'image/png', 'image/apng', 'image/webp', 'image/avif'],
  ...['video/mp4', 'video/webm', 'video/ogg', 'video/quicktime'],
  ...['audio/mp4', 'audio/webm', 'audio/aac', 'audio/mpeg', 'audio/ogg', 'audio/wave', 'audio/wav', 'audio/x-wav'],
  ...['audio/x-pn-wav', 'audio/flac', 'audio/x-flac'],
]);

export function isInlineType(contentType: string): boolean {
  return inlineTypes.has(essenceOf(contentType));
}

/** How files of a type begin: texts at offsets; one of the alternatives must be there in full. */
type Magic = readonly (readonly [offset: number, text: string])[];

const png: Magic = [[0, '\x89PNG\r\n\x1a\n']];
const isoMedia: Magic = [[4, 'ftyp']];
const id3: Magic = [[0, 'ID3']];
const matroska: Magic[] = [[[0, '\x1aE\xdf\xa3']]];
const ogg: Magic[] = [[[0, 'OggS']]];
const wave: Magic[] = [
  [
    [0, 'RIFF'],
    [8, 'WAVE'],
  ],
];
const mpegFrames: Magic[] = ['\xff\xfb', '\xff\xf3', '\xff\xf2', '\xff\xfa', '\xff\xfd'].map((text) => [[0, text]]);
const adtsFrames: Magic[] = ['\xff\xf1', '\xff\xf9', 'ADIF'].map((text) => [[0, text]]);
const flac: Magic[] = [[[0, 'fLaC']], id3];

const magics: Readonly<Record<string, readonly Magic[]>> = {
  'image/png': [png],
  'image/apng': [png],
  'image/jpeg': [[[0, '\xff\xd8\xff']]],
  'image/gif': [[[0, 'GIF87a']], [[0, 'GIF89a']]],
  'image/webp': [
    [
      [0, 'RIFF'],
      [8, 'WEBP'],
    ],
  ],
  'image/avif': [isoMedia],
  'image/tiff': [[[0, 'II*\0']], [[0, 'MM\0*']]],
  'video/mp4': [isoMedia],
  'audio/mp4': [isoMedia],
  'video/quicktime': [isoMedia, ...['moov', 'mdat', 'free', 'wide', 'skip'].map((text): Magic => [[4, text]])],
  'video/webm': matroska,
  'audio/webm': matroska,
  'video/ogg': ogg,
  'audio/ogg': ogg,
  'audio/wav': wave,
  'audio/wave': wave,
  'audio/x-wav': wave,
  'audio/mpeg': [id3, ...mpegFrames],
  'audio/aac': [id3, ...adtsFrames],
  'audio/flac': flac,
  'audio/x-flac': flac,
  'application/pdf': [[[0, '%PDF-']]],
};

/** Whether a file that begins like this can be of a type; undefined where the type says nothing about it. */
export function matchesType(contentType: string, head: Uint8Array): boolean | undefined {
  const essence = essenceOf(contentType);
  const alternatives = Object.hasOwn(magics, essence) ? magics[essence] : undefined;
  if (!alternatives) return undefined;
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 32)).toString('latin1');
  return alternatives.some((magic) => magic.every(([offset, part]) => text.startsWith(part, offset)));
}

/**
 * The type under which a file is served: the uploader's, unless that is malformed or obviously wrong (an encrypted file
 * is no image/png), then application/octet-stream. Text in UTF-8 says so.
 * https://spec.matrix.org/v1.19/client-server-api/#get_matrixclientv1mediadownloadservernamemediaid
 */
export function chooseContentType(claimed: string | undefined, head: Uint8Array): string {
  const contentType = claimed?.trim() ?? '';
  const essence = essenceOf(contentType);
  if (contentType.length > maxLength || !/^[\x20-\x7e]*$/.test(contentType) || !mediaType.test(essence)) {
    return unknownContentType;
  }
  if (matchesType(essence, head) === false) return unknownContentType;
  const isText = essence.startsWith('text/') && !/;\s*charset=/i.test(contentType);
  return isText && isUtf8Beginning(head) ? `${contentType}; charset=utf-8` : contentType;
}

function essenceOf(contentType: string): string {
  return (contentType.split(';')[0] ?? '').trim().toLowerCase();
}

/** The head may end inside a character. */
function isUtf8Beginning(head: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
