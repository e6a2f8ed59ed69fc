/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export type Randomness = () => number;

export function seededRandomness(seed: number): Randomness {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const syllables =
  'ba be bi bo bu da de di do du fa fe fi fo fu ga ge gi go gu ka ke ki ko ku la le li lo lu ma me mi mo mu na ne ni no nu ra re ri ro ru sa se si so su ta te ti to tu va ve vi vo vu st ng rk ll'.split(
    ' ',
  );

/**
 * Text of chat-like length (3 to 30 words, about 80 characters) from a vocabulary of a few thousand words:
 * the same sentence over and over would flatter whoever compresses.
 */
export function sampleText(random: Randomness): string {
  const words: string[] = [];
  const count = 3 + Math.floor(random() * random() * 28);
  for (let word = 0; word < count; word += 1) {
    let text = '';
    const length = 1 + Math.floor(random() * 3);
    for (let part = 0; part < length; part += 1) text += syllables[Math.floor(random() * syllables.length)];
    words.push(text);
  }
  return words.join(' ');
}
