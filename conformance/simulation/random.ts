/** Random choices that repeat exactly for a seed. */
export interface Random {
  /** From 0 up to, not including, `end`. */
  integer(end: number): number;
  chance(probability: number): boolean;
  pick<Item>(items: readonly Item[]): Item | undefined;
  /** A new list in random order. */
  shuffle<Item>(items: Iterable<Item>): Item[];
}

/** The generator "splitmix32": 32 bits of state, every seed gives another sequence at once. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const integer = (end: number): number => Math.floor(next() * end);
  return {
    integer,
    chance: (probability) => next() < probability,
    pick: (items) => items[integer(items.length)],
    shuffle(items) {
      const shuffled = [...items];
      for (let last = shuffled.length - 1; last > 0; last--) {
        const chosen = integer(last + 1);
        const item = shuffled[last];
        shuffled[last] = shuffled[chosen] as typeof item & {};
        shuffled[chosen] = item as typeof item & {};
      }
      return shuffled;
    },
  };
}
