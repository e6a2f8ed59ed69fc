import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { Context } from '../../../platform/context.ts';

/** The largest time that a date of JavaScript and PostgreSQL's timestamp both have room for. */
const maxTimeMs = 8_640_000_000_000_000;

/** What a token allows; null: any number of uses, no end. */
export const tokenLimitSchemas = {
  uses_allowed: { anyOf: [{ type: 'integer', minimum: 0, maximum: 2_147_483_647 }, { type: 'null' }] },
  expiry_time: { anyOf: [{ type: 'integer', minimum: 0, maximum: maxTimeMs }, { type: 'null' }] },
} as const;

/** Throws M_INVALID_PARAM for a token that would be over before it begins. */
export function checkExpiry(context: Context, expiresMs: number | null | undefined): void {
  if (typeof expiresMs === 'number' && expiresMs < context.clock.wallMs()) {
    throw new MatrixError('M_INVALID_PARAM', 'expiry_time must not be in the past');
  }
}
