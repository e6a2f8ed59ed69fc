import { randomBytes, randomUUID } from 'node:crypto';

/** The only source of randomness; cryptographically strong. */
export interface Random {
  bytes(sizeBytes: number): Uint8Array;
  uuid(): string;
  /** URL-safe text with `sizeBytes` bytes of randomness. */
  token(sizeBytes: number): string;
  /** Letters only, as room ids and pronounceable codes use them. */
  letters(length: number): string;
  /** A float in [0, 1), for jitter. */
  fraction(): number;
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export const systemRandom: Random = {
  bytes: (sizeBytes) => randomBytes(sizeBytes),
  uuid: () => randomUUID(),
  token: (sizeBytes) => randomBytes(sizeBytes).toString('base64url'),
  letters(length) {
    let text = '';
    while (text.length < length) {
      // 208 = 4 × 52: bytes above would make some letters more likely.
      for (const byte of randomBytes(length)) {
        if (byte < 208 && text.length < length) text += alphabet[byte % 52];
      }
    }
    return text;
  },
  fraction: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
