/** A key further off than this is no misspelling of it. */
const longestDistance = 3;

/**
 * Gives the candidate that was probably meant, or undefined: the same letters in other spelling (`publicUrl`,
 * `public-url`), one that differs in few letters, or one whose last part is the word (`port` for `http.port`).
 */
export function suggestKey(written: string, candidates: readonly string[]): string | undefined {
  const plain = (key: string) => key.toLowerCase().replace(/[-_. ]/g, '');
  const same = candidates.find((candidate) => plain(candidate) === plain(written));
  if (same) return same;
  const limit = Math.min(longestDistance, Math.floor(written.length / 2));
  let [best, bestDistance] = [undefined as string | undefined, limit + 1];
  for (const candidate of candidates) {
    const distance = countEdits(plain(written), plain(candidate));
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best ?? candidates.find((candidate) => plain(candidate.split('.').at(-1) ?? '') === plain(written));
}

/** Levenshtein distance. */
function countEdits(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
