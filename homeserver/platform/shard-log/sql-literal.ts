export type ArrayElementType = 'smallint' | 'integer' | 'bigint' | 'boolean' | 'text' | 'bytea' | 'double precision';

/**
 * A PostgreSQL array as a literal of a statement's text. Relies on standard_conforming_strings (the server's default
 * since 9.1, and set on our connections). Throws on values that PostgreSQL cannot hold.
 */
export function arrayLiteral(type: ArrayElementType, values: readonly unknown[]): string {
  const elements = values.map((value) => (value === null || value === undefined ? 'NULL' : elementText(type, value)));
  return `'{${elements.join(',')}}'::${type}[]`;
}

function elementText(type: ArrayElementType, value: unknown): string {
  switch (type) {
    case 'text':
      return quoteElement(String(value));
    case 'bytea':
      return bytesElement(value);
    case 'boolean':
      return value === true ? 't' : 'f';
    default:
      return numberElement(type, value);
  }
}

/** Inside quotes of an array element `"` and `\` are escaped; around all of it the literal doubles `'`. */
function quoteElement(text: string): string {
  if (text.includes('\0')) throw new RangeError('PostgreSQL text cannot hold a NUL character');
  return `"${text.replace(/["\\]/g, '\\$&').replaceAll("'", "''")}"`;
}

/**
 * Bytes as hexadecimal. Text, whose UTF-8 is meant, goes as it is, which is half as long: backslashes are doubled for
 * bytea's escape format, and both of them again for the array.
 */
function bytesElement(value: unknown): string {
  if (typeof value === 'string') {
    if (value.includes('\0')) throw new RangeError('text for a bytea column cannot hold a NUL character');
    return `"${value.replace(/["\\']/g, (character) => bytesEscapes[character] ?? '')}"`;
  }
  if (!(value instanceof Uint8Array)) throw new TypeError('a bytea column takes bytes or text');
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  return `"\\\\x${bytes.toString('hex')}"`;
}

const bytesEscapes: Readonly<Record<string, string>> = { '"': '\\"', "'": "''", '\\': '\\\\\\\\' };

function numberElement(type: ArrayElementType, value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  const valid = type === 'double precision' ? Number.isFinite(value) : Number.isSafeInteger(value);
  if (!valid) throw new RangeError(`not a ${type}: ${String(value)}`);
  return String(value);
}
