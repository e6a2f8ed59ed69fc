import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { hash as hashArgon2id, verify as verifyArgon2id } from '@node-rs/argon2';
import type { Context } from '../platform/context.ts';

/** Each takes tens of megabytes and tens of milliseconds of one core, on the thread pool that files use too. */
const maxAtOnce = 2;
const maxWaiting = 200;
/** Beyond this a password is refused before any work is spent on it. */
export const maxPasswordLength = 512;

let running = 0;
const waiting: (() => void)[] = [];

/** How many passwords wait for their turn. */
export function waitingPasswords(): number {
  return waiting.length;
}

/** A password as it is stored: Argon2id in PHC form, with its own salt. Throws M_UNKNOWN (503) when too many wait. */
export function hashPassword(context: Context, password: string): Promise<string> {
  const { memoryKib, iterations } = context.config.password;
  return inTurn(() =>
    hashArgon2id(password.normalize('NFKC'), {
      memoryCost: memoryKib,
      timeCost: iterations,
      parallelism: 1,
    }),
  );
}

/**
 * Whether the password is the one that was hashed. Without a hash (no such account, or none with a password) it takes
 * as long and is false: nobody learns from the time which accounts exist.
 */
export async function verifyPassword(context: Context, stored: string | null, password: string): Promise<boolean> {
  if (password.length > maxPasswordLength) return false;
  const { memoryKib, iterations } = context.config.password;
  const salt = 'AAAAAAAAAAAAAAAAAAAAAA';
  const nobodys = `$argon2id$v=19$m=${memoryKib},t=${iterations},p=1$${salt}$${'A'.repeat(43)}`;
  const matches = await inTurn(() => verifyArgon2id(stored ?? nobodys, password.normalize('NFKC')));
  return matches && stored !== null;
}

/** Throws M_WEAK_PASSWORD, or M_INVALID_PARAM for one that is too long. */
export function checkNewPassword(context: Context, password: string): void {
  const { minimumLength } = context.config.password;
  if (password.length > maxPasswordLength) {
    throw new MatrixError('M_INVALID_PARAM', `A password has at most ${maxPasswordLength} characters`);
  }
  if (password.length < minimumLength) {
    throw new MatrixError('M_WEAK_PASSWORD', `A password must have at least ${minimumLength} characters`);
  }
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= maxAtOnce) {
    if (waiting.length >= maxWaiting) {
      throw new MatrixError('M_UNKNOWN', 'Too many logins at the moment, please try again', {
        status: 503,
        fields: { retry_after_ms: 2_000 },
      });
    }
    await new Promise<void>((resolve) => waiting.push(resolve));
  }
  running++;
  try {
    return await work();
  } finally {
    running--;
    waiting.shift()?.();
  }
}
