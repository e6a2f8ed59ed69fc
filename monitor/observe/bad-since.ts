/** Since when things have been bad, by their names. */
export interface BadSince {
  /** How long it has been bad now, in ms; 0 when it is not. */
  note(name: string, isBad: boolean, atMs: number): number;
}

const mostNames = 10_000;

export function createBadSince(): BadSince {
  const since = new Map<string, number>();
  return {
    note(name, isBad, atMs) {
      if (!isBad) {
        since.delete(name);
        return 0;
      }
      const beganMs = since.get(name) ?? atMs;
      if (since.size < mostNames) since.set(name, beganMs);
      return Math.max(0, atMs - beganMs);
    },
  };
}
