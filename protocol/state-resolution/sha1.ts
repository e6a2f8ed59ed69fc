/**
 * SHA-1 in lower-case hexadecimal of a text's UTF-8, written here because the protocol core has no dependency. Room
 * version 1 orders events of equal depth by it; nothing relies on it for security.
 * RFC 3174
 */
export function sha1Hex(text: string): string {
  const words = padMessage(new TextEncoder().encode(text));
  let state: Digest = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0];
  for (let block = 0; block < words.length; block += 16) state = digestBlock(state, words.subarray(block, block + 16));
  return state.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

type Digest = readonly [number, number, number, number, number];

/** Big-endian words: the message, a one bit, zeros, and the length in bits, up to a multiple of 16 words. */
function padMessage(bytes: Uint8Array): Uint32Array {
  const words = new Uint32Array((((bytes.length + 8) >> 6) + 1) * 16);
  for (const [index, byte] of bytes.entries()) addByte(words, index, byte);
  addByte(words, bytes.length, 0x80);
  words[words.length - 1] = bytes.length * 8;
  return words;
}

function addByte(words: Uint32Array, index: number, byte: number): void {
  words[index >> 2] = (words[index >> 2] ?? 0) | (byte << (24 - 8 * (index & 3)));
}

function digestBlock(state: Digest, block: Uint32Array): Digest {
  const schedule = new Uint32Array(80);
  schedule.set(block);
  for (let round = 16; round < 80; round++) {
    const mixed =
      at(schedule, round - 3) ^ at(schedule, round - 8) ^ at(schedule, round - 14) ^ at(schedule, round - 16);
    schedule[round] = rotateLeft(mixed, 1);
  }
  let [a, b, c, d, e] = state;
  for (let round = 0; round < 80; round++) {
    const next = (rotateLeft(a, 5) + mix(round, b, c, d) + e + at(schedule, round)) | 0;
    [a, b, c, d, e] = [next, a, rotateLeft(b, 30), c, d];
  }
  return [(state[0] + a) | 0, (state[1] + b) | 0, (state[2] + c) | 0, (state[3] + d) | 0, (state[4] + e) | 0];
}

function mix(round: number, b: number, c: number, d: number): number {
  if (round < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (round < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (round < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

function rotateLeft(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0;
}
