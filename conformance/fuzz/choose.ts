import type { Random } from '../simulation/random.ts';

/** One of some items, of which there is at least one. */
export function choose<Item>(random: Random, items: readonly Item[]): Item {
  if (items.length === 0) throw new Error('nothing to choose from');
  return items[random.integer(items.length)] as Item;
}
