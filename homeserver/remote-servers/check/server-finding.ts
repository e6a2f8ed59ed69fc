/** What one look at another server found, for people. */
export interface ServerFinding {
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly what: string;
  /** What to do about it. */
  readonly mend?: string;
}

export const found = (what: string): ServerFinding => ({ verdict: 'ok', what });
export const doubtful = (what: string, mend: string): ServerFinding => ({ verdict: 'warning', what, mend });
export const wrong = (what: string, mend: string): ServerFinding => ({ verdict: 'problem', what, mend });

export function hasProblem(findings: readonly ServerFinding[]): boolean {
  return findings.some(({ verdict }) => verdict === 'problem');
}
