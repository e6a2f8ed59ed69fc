import { IrcAwayError, IrcConnectionLost, IrcRefusal } from '../../irc/irc-refusal.ts';
import { isRefusal, MatrixRequestError } from '../../matrix/matrix-request-error.ts';

/** An entry that fails so often without anybody being away would fail for ever. */
const mostAttempts = 5;
/** Servers end connections for other reasons, too, but not several times at the same line. */
const mostExpulsions = 3;

/**
 * Which entries of a queue are given up after a failure, so that none holds up what comes behind it for ever: those that a
 * network or the homeserver refuses, those at which a server ends the connection each time, and those that fail by
 * themselves. What fails because somebody is away waits.
 */
export class FailedAttempts {
  /** Of the oldest entry of each key; there are no more than keys at work. */
  readonly #counts = new Map<string, { readonly position: number; readonly count: number }>();

  /** Whether an entry is to be given up. `isOnNetwork`: a refusal is the network's, and not that we are not there. */
  isHopeless(key: string, position: number, error: unknown, isOnNetwork: boolean): boolean {
    if (isRefusal(error)) return true;
    if (error instanceof IrcRefusal) return isOnNetwork;
    const most = attemptsOf(error);
    return most !== undefined && this.#count(key, position) >= most;
  }

  /** The key's oldest entry is done with. */
  forget(key: string): void {
    this.#counts.delete(key);
  }

  #count(key: string, position: number): number {
    const known = this.#counts.get(key);
    const count = known?.position === position ? known.count + 1 : 1;
    this.#counts.set(key, { position, count });
    return count;
  }
}

/** Undefined: as many as it takes. */
function attemptsOf(error: unknown): number | undefined {
  if (error instanceof IrcAwayError || error instanceof MatrixRequestError) return undefined;
  if (error instanceof IrcConnectionLost) return error.isExpelled && error.isUnknown ? mostExpulsions : undefined;
  const { code } = error as { code?: unknown };
  // What has a code is of PostgreSQL or the way to it: data that cannot be stored will not be, and the rest waits.
  return typeof code === 'string' && !/^2[23]/.test(code) ? undefined : mostAttempts;
}
