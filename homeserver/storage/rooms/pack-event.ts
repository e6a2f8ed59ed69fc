import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/**
 * Event bodies as stored: one byte that says how, then the PDU's canonical JSON. Short events are kept as they are:
 * compressing one costs more time than writing it, and PostgreSQL never looks inside.
 */
const plain = 0;
const zstd = 1;
/** Shorter bodies lose less than 100 bytes by staying plain; see docs/decisions/. */
const compressFromBytes = 1_200;

export function packEvent(pduJson: string): Uint8Array {
  const size = Buffer.byteLength(pduJson);
  if (size < compressFromBytes) {
    const bytes = Buffer.allocUnsafe(size + 1);
    bytes[0] = plain;
    bytes.write(pduJson, 1);
    return bytes;
  }
  return Buffer.concat([Buffer.of(zstd), zstdCompressSync(pduJson)]);
}

/** The PDU's JSON text. Throws on bytes that packEvent did not make. */
export function unpackEvent(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  if (bytes[0] === plain) return bytes.toString('utf8', 1);
  if (bytes[0] === zstd) return zstdDecompressSync(bytes.subarray(1)).toString('utf8');
  throw new Error(`unknown packing of an event: ${bytes[0]}`);
}
