import type { Clock } from '@holdfast/effects/clock.ts';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { HttpAnswer, SendRequest } from '@holdfast/effects/send-request.ts';
import { MatrixRequestError } from './matrix-request-error.ts';

export interface MatrixRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE';
  /** Below `/_matrix/client/`, or `/_matrix/media/`, parts encoded. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** A body that is plain text instead. */
  readonly text?: string;
  /** The user for whom it is; the bridge's bot unless given. */
  readonly as?: string | undefined;
  /** For all tries together. */
  readonly timeoutMs?: number;
}

export interface MatrixClientOptions {
  readonly url: string;
  readonly asToken: string;
  readonly concurrentRequests: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly send: SendRequest;
}

const defaultTimeoutMs = 30_000;
/** One try; the whole request may have several. */
const tryTimeoutMs = 10_000;
const firstPauseMs = 200;
const longestPauseMs = 10_000;
/** Requests that are not done with, those that pause included; more are refused at once, and whoever asks tries again. */
const maxUndone = 5_000;

/**
 * The homeserver's client API as an application service uses it. Every request has one deadline over all its tries and
 * is safe to repeat: sends carry transaction ids, everything else sets what it sets. Bounded in number.
 */
export class MatrixClient {
  readonly #options: MatrixClientOptions;
  #undone = 0;
  #active = 0;
  readonly #waiting = new Set<() => void>();
  #lastSuccessMs: number | undefined;
  #isAway = false;
  /** Ends the pauses of all requests that wait for another try. */
  #back = new AbortController();
  /** Called when the homeserver answers after it did not. */
  onBack: () => void = () => {};
  readonly #closing = new AbortController();

  constructor(options: MatrixClientOptions) {
    this.#options = options;
  }

  /** Requests under way and waiting, and for how long the homeserver has not answered. */
  readLoad(): { active: number; waiting: number; sinceSuccessMs: number | undefined } {
    const last = this.#lastSuccessMs;
    return {
      ...{ active: this.#active, waiting: this.#waiting.size },
      sinceSuccessMs: last === undefined ? undefined : this.#options.clock.monotonicMs() - last,
    };
  }

  /** Gives up all requests. */
  close(): void {
    this.#closing.abort(new Error('the bridge stops'));
  }

  /** Throws MatrixRequestError: refused for good, or not possible before the deadline. */
  async request<T = Record<string, unknown>>(request: MatrixRequest): Promise<T> {
    const { clock, random } = this.#options;
    const { signal } = this.#closing;
    const timeoutMs = request.timeoutMs ?? defaultTimeoutMs;
    if (this.#undone >= maxUndone) throw new MatrixRequestError(0, 'TOO_MANY', 'too many requests wait already');
    this.#undone += 1;
    const deadline = startDeadline(timeoutMs, `${request.method} ${request.path}`, { clock, signal });
    try {
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
        try {
          return (await this.#try(request, deadline)) as T;
        } catch (error) {
          if (!(error instanceof MatrixRequestError) || !error.isPassing) throw error;
          const waitMs = Math.max(error.retryAfterMs ?? 0, pauseMs * (0.5 + random.fraction()));
          if (waitMs >= deadline.remainingMs() || signal.aborted) throw error;
          const isAsked = error.retryAfterMs !== undefined;
          await clock.sleep(waitMs, isAsked ? deadline.signal : AbortSignal.any([deadline.signal, this.#back.signal]));
        }
      }
    } finally {
      deadline.finish();
      this.#undone -= 1;
    }
  }

  async #try(request: MatrixRequest, whole: Deadline): Promise<unknown> {
    const { url, asToken, clock, send } = this.#options;
    const { signal } = whole;
    await this.#takeTurn(signal);
    const timeoutMs = Math.min(whole.remainingMs(), tryTimeoutMs);
    const deadline = startDeadline(timeoutMs, `${request.method} ${request.path}`, { clock, signal });
    let answer: HttpAnswer;
    try {
      const query = new URLSearchParams({ ...request.query, ...(request.as !== undefined && { user_id: request.as }) });
      const body = request.text ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
      const contentType = request.text === undefined ? 'application/json' : 'text/plain; charset=utf-8';
      const base = request.path.startsWith('media/') ? '_matrix' : '_matrix/client';
      answer = await send(
        {
          method: request.method,
          url: `${url}/${base}/${request.path}${query.size > 0 ? `?${query.toString()}` : ''}`,
          headers: {
            Authorization: `Bearer ${asToken}`,
            ...(body !== undefined && { 'Content-Type': contentType }),
          },
          ...(body !== undefined && { body }),
        },
        deadline,
      );
    } catch (error) {
      this.#isAway = true;
      throw new MatrixRequestError(0, 'NO_ANSWER', describeFailure(error));
    } finally {
      deadline.finish();
      this.#giveTurn();
    }
    this.#lastSuccessMs = clock.monotonicMs();
    if (this.#isAway) this.#comeBack();
    return readAnswer(answer);
  }

  /** What waits for another try has it now. */
  #comeBack(): void {
    this.#isAway = false;
    this.#back.abort();
    this.#back = new AbortController();
    this.onBack();
  }

  /** Throws MatrixRequestError when the turn does not come before `signal` aborts. */
  async #takeTurn(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw noTurn();
    if (this.#active < this.#options.concurrentRequests) {
      this.#active += 1;
      return;
    }
    const turn = Promise.withResolvers<void>();
    const leave = () => {
      this.#waiting.delete(turn.resolve);
      turn.reject(noTurn());
    };
    this.#waiting.add(turn.resolve);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await turn.promise;
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  #giveTurn(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#active -= 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}

function noTurn(): MatrixRequestError {
  return new MatrixRequestError(0, 'NO_ANSWER', 'the requests before it took too long');
}

/** With these a proxy answers that does not reach the homeserver, or lets nobody through; they have an errcode otherwise. */
const notFromHomeserver: ReadonlySet<number> = new Set([401, 403, 404, 405, 407]);

function readAnswer({ status, body, header }: HttpAnswer): unknown {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    // A proxy's page: its status says enough.
  }
  if (status >= 200 && status < 300) {
    if (typeof parsed === 'object' && parsed !== null) return parsed;
    throw new MatrixRequestError(0, 'NO_JSON', 'the homeserver answered with something that is no JSON');
  }
  const { errcode, error, retry_after_ms } = (parsed ?? {}) as Record<string, unknown>;
  const seconds = Number(header('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1000 : (retry_after_ms as number | undefined);
  throw new MatrixRequestError(
    status,
    typeof errcode === 'string' ? errcode : notFromHomeserver.has(status) ? 'NO_HOMESERVER' : 'M_UNKNOWN',
    typeof error === 'string' ? error : `status ${status}`,
    typeof retryAfterMs === 'number' ? retryAfterMs : undefined,
  );
}

function describeFailure(error: unknown): string {
  const { cause, message } = error as { cause?: { message?: string }; message: string };
  return cause?.message ?? message;
}
