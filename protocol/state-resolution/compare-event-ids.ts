const ascii = /^[\u0000-\u007f]*$/;

/**
 * The order of event ids in state resolution: by code points. It differs from JavaScript's order of UTF-16 code units
 * for the event ids of room versions 1 and 2 alone, which may hold any character.
 */
export function compareEventIds(left: string, right: string): number {
  if (left === right) return 0;
  if (ascii.test(left) && ascii.test(right)) return left < right ? -1 : 1;
  let index = 0;
  for (;;) {
    const leftPoint = left.codePointAt(index) ?? -1;
    const rightPoint = right.codePointAt(index) ?? -1;
    if (leftPoint !== rightPoint) return leftPoint - rightPoint;
    index += leftPoint > 0xffff ? 2 : 1;
  }
}
