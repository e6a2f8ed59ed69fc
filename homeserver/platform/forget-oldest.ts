/** Of the limit, what is forgotten at once. */
const shareForgotten = 1 / 16;

/**
 * Where a map has more entries than `limit`, takes its oldest away, a sixteenth of the limit at once. A map leaves a hole
 * where an entry was and finds its oldest entry by passing over all holes before it: taking away one entry for each new
 * one costs 30 to 280 us each as soon as a map of 20,000 to 200,000 is full, and 0.2 us this way.
 */
export function forgetOldest<Key, Value>(
  entries: Map<Key, Value>,
  limit: number,
  onForgotten?: (value: Value, key: Key) => void,
): void {
  if (entries.size <= limit) return;
  const keptSize = limit - Math.max(0, Math.floor(limit * shareForgotten) - 1);
  for (const [key, value] of entries) {
    if (entries.size <= keptSize) return;
    entries.delete(key);
    onForgotten?.(value, key);
  }
}
