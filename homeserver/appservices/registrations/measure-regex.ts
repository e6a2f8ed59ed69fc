/**
 * How many characters a regular expression stands for once its repetitions are written out: `(ab){10}` for 20. What an
 * engine with linear time makes of it grows with this number. An upper bound, also for what is no expression.
 */
export function measureRegex(regex: string): number {
  /** Of what surrounds each group that is open. */
  const outer: number[] = [];
  let size = 0;
  /** Of what a repetition that follows repeats. */
  let last = 0;
  for (const [part, group, count] of regex.matchAll(parts)) {
    if (group === '(') {
      outer.push(size);
      size = 0;
    } else if (group === ')') {
      last = size;
      size += outer.pop() ?? 0;
    } else {
      const added = count === undefined ? 1 : last * Math.max(0, largestOf(part) - 1);
      last = count === undefined ? 1 : last + added;
      size += added;
    }
  }
  return outer.reduce((sum, each) => sum + each, size);
}

/** An escape, a class of characters, a repetition, a group's end or beginning, or any other character. */
const parts = /\\[pP]\{[^}]*\}|\\.|\[(?:\\.|\[:\w+:\]|[^\]\\])*\]|([()])|(\{\d+(?:,\d*)?\})|./gsu;

function largestOf(repetition: string): number {
  return Math.max(...(repetition.match(/\d+/g) ?? ['0']).map(Number));
}
