/** How the PostgreSQL client writes and reads the arrays of one type. */
interface ArrayType {
  readonly to: number;
  readonly from: number[];
  serialize(values: unknown): string;
  parse(text: string): unknown[];
}

/** Object ids of array types: part of PostgreSQL's protocol, the same in every database. */
const oids = {
  boolean: 1000,
  bytea: 1001,
  smallint: 1005,
  integer: 1007,
  text: 1009,
  bigint: 1016,
  double: 1022,
} as const;

const toNumber = (text: string) => Number(text);

/**
 * The arrays that queries take and give. The client can ask each server for its array types instead, but does so on
 * every connection, and when the connection breaks during that question the error reaches nobody and ends the process.
 */
export const arrayTypes: Readonly<Record<string, ArrayType>> = {
  booleans: arrayType(oids.boolean, (text) => text === 't'),
  byteStrings: arrayType(oids.bytea, (text) => Buffer.from(text.slice('\\x'.length), 'hex')),
  smallints: arrayType(oids.smallint, toNumber),
  integers: arrayType(oids.integer, toNumber),
  texts: arrayType(oids.text, (text) => text),
  bigints: arrayType(oids.bigint, toNumber),
  doubles: arrayType(oids.double, toNumber),
};

function arrayType(oid: number, parseElement: (text: string) => unknown): ArrayType {
  return { to: oid, from: [oid], serialize: serializeArray, parse: (text) => parseArray(text, parseElement) };
}

function serializeArray(values: unknown): string {
  if (!Array.isArray(values)) throw new TypeError('an array column takes an array');
  return `{${values.map(serializeElement).join(',')}}`;
}

function serializeElement(value: string | number | bigint | boolean | Uint8Array | null | undefined): string {
  if (value === null) return 'NULL';
  if (value === undefined) throw new TypeError('an element of an array is undefined');
  const text = value instanceof Uint8Array ? `\\x${Buffer.from(value).toString('hex')}` : String(value);
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** Either a quoted element with escapes or a bare one, up to the comma or the end. */
const element = /"((?:[^"\\]|\\.)*)"|([^",{}]+)/gs;

/** An array of one dimension, as PostgreSQL prints it. */
function parseArray(text: string, parseElement: (text: string) => unknown): unknown[] {
  return [...text.matchAll(element)].map(([, quoted, bare]) => {
    if (quoted !== undefined) return parseElement(quoted.replace(/\\(.)/gs, '$1'));
    return bare === 'NULL' ? null : parseElement(bare as string);
  });
}
