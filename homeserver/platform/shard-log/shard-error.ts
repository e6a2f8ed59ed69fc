/** Why a write did not go through on this process. All of these may be tried again by the write's identity. */
export class ShardUnavailableError extends Error {
  /** 'not-written': certain. 'unknown': it may have been written; the same identity must be used again. */
  readonly outcome: 'not-written' | 'unknown';

  constructor(message: string, outcome: 'not-written' | 'unknown', cause?: unknown) {
    super(message, { cause });
    this.name = 'ShardUnavailableError';
    this.outcome = outcome;
  }
}
