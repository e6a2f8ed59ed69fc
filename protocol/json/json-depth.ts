/**
 * How deeply objects and arrays may be nested in what we accept from outside. The specification gives no limit; real
 * events stay under 20. Every function that walks JSON may recurse this deep.
 */
export const maximumJsonDepth = 100;

const quote = 0x22;
const backslash = 0x5c;

/**
 * True when a JSON text opens more objects and arrays inside each other than the bound. Reads the bytes only, so that
 * a hostile body costs nothing but this scan; whether they are valid JSON is left to the parser.
 */
export function isDeeperThan(json: Uint8Array, maximumDepth: number): boolean {
  // Each level takes an opening and a closing byte.
  if (json.length <= maximumDepth * 2) return false;
  let depth = 0;
  for (let index = 0; index < json.length; index++) {
    const byte = json[index] as number;
    if (byte === quote) {
      index = endOfString(json, index);
      continue;
    }
    // [ is 0x5b and { is 0x7b: they differ, as their closing partners 0x5d and 0x7d do, in one bit.
    const bracket = byte | 0x20;
    if (bracket === 0x7b) {
      if (++depth > maximumDepth) return true;
    } else if (bracket === 0x7d) depth--;
  }
  return false;
}

/** The index of the closing quote, or of the end where there is none. */
function endOfString(json: Uint8Array, openingQuote: number): number {
  for (let index = openingQuote + 1; index < json.length; index++) {
    const byte = json[index];
    if (byte === backslash) index++;
    else if (byte === quote) return index;
  }
  return json.length;
}
