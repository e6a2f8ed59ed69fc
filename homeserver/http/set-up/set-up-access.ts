import type { Random } from '@holdfast/effects/random.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { isSameText } from '../same-text.ts';

/**
 * The right to set this server up: whoever reads the terminal of this process has it, through the token in the address
 * that it prints. It lives in this process's memory, works until the first administrator is made, and then never again.
 */
export interface SetUpAccess {
  readonly token: string;
  /** Throws M_FORBIDDEN unless it is the token and has not been used up. */
  check(token: string): void;
  /** Runs `work` for whoever has the token, one at a time; it is used up once `work` succeeds. */
  useUp<T>(token: string, work: () => Promise<T>): Promise<T>;
  isUsedUp(): boolean;
}

const tokenBytes = 24;

export function grantSetUpAccess(random: Random): SetUpAccess {
  const token = random.token(tokenBytes);
  let state: 'open' | 'in-use' | 'used-up' = 'open';
  const check = (given: string) => {
    if (!isSameText(given, token)) {
      throw new MatrixError('M_FORBIDDEN', 'This is not the address that the terminal printed last');
    }
    if (state === 'used-up') throw new MatrixError('M_FORBIDDEN', 'This server is set up already: log in instead');
    if (state === 'in-use') throw new MatrixError('M_FORBIDDEN', 'Another window is setting this server up right now');
  };
  return {
    token,
    check,
    async useUp(given, work) {
      check(given);
      state = 'in-use';
      try {
        const result = await work();
        state = 'used-up';
        return result;
      } finally {
        if (state === 'in-use') state = 'open';
      }
    },
    isUsedUp: () => state === 'used-up',
  };
}

/** Where a person sets the server up; the token is in the fragment, which browsers send to nobody. */
export function formatSetUpUrl(url: string, access: SetUpAccess): string {
  return `${url}/#/set-up?token=${access.token}`;
}
