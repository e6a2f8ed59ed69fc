/** The homeserver does not know the bridge at the moment, or somebody else answers in its place: nothing of what is asked is wrong. */
const aboutUs: ReadonlySet<string> = new Set(['M_UNKNOWN_TOKEN', 'M_MISSING_TOKEN', 'NO_HOMESERVER']);

/** The homeserver refused a request, or could not be asked. */
export class MatrixRequestError extends Error {
  /** 0: there was no answer. */
  readonly status: number;
  readonly errcode: string;
  /** For how long it asked to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(status: number, errcode: string, message: string, retryAfterMs?: number) {
    super(message);
    this.name = 'MatrixRequestError';
    this.status = status;
    this.errcode = errcode;
    this.retryAfterMs = retryAfterMs;
  }

  /** Whether the same request may succeed later. */
  get isPassing(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500 || aboutUs.has(this.errcode);
  }
}

/** Whether an error is a lasting refusal with this code. */
export function isRefusal(error: unknown, ...errcodes: readonly string[]): boolean {
  return (
    error instanceof MatrixRequestError &&
    !error.isPassing &&
    (errcodes.length === 0 || errcodes.includes(error.errcode))
  );
}
