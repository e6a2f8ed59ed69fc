/**
 * A binary heap: `pop` gives the smallest item. Orders thousands of events step by step, where a sort would hold the
 * event loop for all of them.
 */
export interface EventHeap<Item> {
  readonly size: number;
  push(item: Item): void;
  pop(): Item | undefined;
}

export function createEventHeap<Item>(compare: (left: Item, right: Item) => number): EventHeap<Item> {
  const items: Item[] = [];
  return {
    get size() {
      return items.length;
    },
    push(item) {
      items.push(item);
      siftUp(items, compare);
    },
    pop() {
      const smallest = items[0];
      const last = items.pop();
      if (last !== undefined && items.length > 0) {
        items[0] = last;
        siftDown(items, compare);
      }
      return smallest;
    },
  };
}

function siftUp<Item>(items: Item[], compare: (left: Item, right: Item) => number): void {
  let index = items.length - 1;
  const item = items[index] as Item;
  while (index > 0) {
    const parentIndex = (index - 1) >> 1;
    const parent = items[parentIndex] as Item;
    if (compare(item, parent) >= 0) break;
    items[index] = parent;
    index = parentIndex;
  }
  items[index] = item;
}

function siftDown<Item>(items: Item[], compare: (left: Item, right: Item) => number): void {
  const item = items[0] as Item;
  let index = 0;
  for (;;) {
    let childIndex = 2 * index + 1;
    if (childIndex >= items.length) break;
    if (childIndex + 1 < items.length && compare(items[childIndex + 1] as Item, items[childIndex] as Item) < 0) {
      childIndex += 1;
    }
    const child = items[childIndex] as Item;
    if (compare(item, child) <= 0) break;
    items[index] = child;
    index = childIndex;
  }
  items[index] = item;
}
