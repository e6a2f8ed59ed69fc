/**
 * Whether a text is what a mask of IRC means: `*` is any number of characters, `?` is one. Both folded. In time in
 * proportion to both lengths multiplied.
 */
export function matchesMask(text: string, mask: string): boolean {
  let [at, maskAt] = [0, 0];
  /** Where the last star was, and how far its text went. */
  let [starAt, resumeAt] = [-1, 0];
  while (at < text.length) {
    const wanted = mask[maskAt];
    if (wanted === '*') {
      [starAt, resumeAt] = [maskAt, at];
      maskAt += 1;
    } else if (wanted === '?' || wanted === text[at]) {
      maskAt += 1;
      at += 1;
    } else if (starAt >= 0) {
      // The star takes one character more.
      resumeAt += 1;
      [at, maskAt] = [resumeAt, starAt + 1];
    } else return false;
  }
  while (mask[maskAt] === '*') maskAt += 1;
  return maskAt === mask.length;
}
