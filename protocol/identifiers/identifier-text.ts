/** Every identifier with a sigil, and most opaque ones, must fit in this many bytes of UTF-8. */
export const maximumIdentifierBytes = 255;

const ascii = /^[\u0000-\u007f]*$/;

/** The length of a well-formed text in bytes of UTF-8. A lone surrogate counts 3, as its replacement character would. */
export function utf8ByteLength(text: string): number {
  if (ascii.test(text)) return text.length;
  let bytes = 0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(index + 1))) {
      bytes += 4;
      index++;
    } else bytes += 3;
  }
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** True for a text of at most 255 bytes. */
export function isWithinIdentifierLimit(text: string): boolean {
  // A UTF-16 code unit takes at most three bytes, so a short text needs no counting.
  if (text.length <= maximumIdentifierBytes / 3) return true;
  return text.length <= maximumIdentifierBytes && utf8ByteLength(text) <= maximumIdentifierBytes;
}

/** True for a text without NUL and without lone surrogates: what localparts and opaque ids may hold. */
export function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}
