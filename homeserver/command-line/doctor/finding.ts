/** What one check of the doctor found. */
export interface Finding {
  /** A problem keeps Holdfast from starting or from serving; a warning will, some day. */
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly what: string;
  /** The command, or the setting, that puts it right. */
  readonly mend?: string;
}

export const ok = (what: string): Finding => ({ verdict: 'ok', what });
export const warning = (what: string, mend: string): Finding => ({ verdict: 'warning', what, mend });
export const problem = (what: string, mend: string): Finding => ({ verdict: 'problem', what, mend });
