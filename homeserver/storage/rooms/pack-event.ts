import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Event bodies as stored: the PDU's canonical JSON in UTF-8, or, after one byte that says so, compressed. JSON begins
 * with a brace, which no such byte is. Short events are kept as they are: compressing one costs more time than writing
 * it, and PostgreSQL never looks inside.
 */
const brace = 0x7b;
const zstd = 1;
/** Shorter bodies lose less than 100 bytes by staying plain. */
const compressFromLength = 1_200;

/** What goes into event.body: text that is its own UTF-8, or bytes. */
export function packEvent(pduJson: string): string | Uint8Array {
  if (pduJson.length < compressFromLength) return pduJson;
  return Buffer.concat([Buffer.of(zstd), zstdCompressSync(pduJson)]);
}

/** The PDU's JSON text. Throws on bytes that packEvent did not make. */
export function unpackEvent(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes[0] === brace) return bytes.toString('utf8');
  if (bytes[0] === zstd) return zstdDecompressSync(bytes.subarray(1)).toString('utf8');
  throw new Error(`unknown packing of an event: ${bytes[0]}`);
}
