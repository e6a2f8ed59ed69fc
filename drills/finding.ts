/** A figure of a drill and what it must not be. */
export interface Finding {
  readonly what: string;
  readonly value: string;
  /** What it was measured against, for the table. */
  readonly limit: string;
  readonly passed: boolean;
}

export function finding(what: string, value: number | string, limit: string, passed: boolean): Finding {
  return { what, value: String(value), limit, passed };
}

/** A number that must be 0. */
export function noneOf(what: string, count: number): Finding {
  return finding(what, count, '0', count === 0);
}
