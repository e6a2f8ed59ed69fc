import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { setRateOverride } from '../../../accounts/set-rate-override.ts';
import { findOwnAccount } from '../../../administration/users/find-own-account.ts';
import type { Context } from '../../../platform/context.ts';
import type { RateOverride } from '../../../storage/accounts/rate-override.ts';
import { readRateOverride } from '../../../storage/accounts/read-accounts.ts';
import { defineEndpoint } from '../../endpoint.ts';

const path = '/_synapse/admin/v1/users/{userId}/override_ratelimit';
const mostPerSecond = 1_000_000;

async function requireAccount(context: Context, userId: string): Promise<void> {
  const { isDeactivated } = await findOwnAccount(context, userId);
  if (isDeactivated) throw new MatrixError('M_NOT_FOUND', 'This account has been deactivated');
}

function format(override: RateOverride | undefined) {
  return override ? { messages_per_second: override.perSecond, burst_count: override.burst } : {};
}

/**
 * What a user may send instead of the limits of all; nothing where there is no such override.
 * Errors: M_INVALID_PARAM (of another server), M_NOT_FOUND.
 * https://element-hq.github.io/synapse/latest/admin_api/user_admin_api.html#override-ratelimiting-for-users
 */
export const getRateOverrideV1 = defineEndpoint({
  operation: 'getRateOverrideV1',
  method: 'GET',
  path,
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await requireAccount(context, userId);
    return format(await readRateOverride(context.database, userId));
  },
});

/** Sets it: 0 a second means no limit, which is the default. For bots that act on many rooms at once. Errors as above. */
export const setRateOverrideV1 = defineEndpoint({
  operation: 'setRateOverrideV1',
  method: 'POST',
  path,
  authentication: 'admin',
  body: {
    type: 'object',
    properties: {
      messages_per_second: { type: 'integer', minimum: 0, maximum: mostPerSecond },
      burst_count: { type: 'integer', minimum: 0, maximum: mostPerSecond },
    },
  },
  async handle(context, { params: { userId }, body }) {
    const { messages_per_second: perSecond = 0, burst_count: burst = 0 } = body;
    await requireAccount(context, userId);
    await setRateOverride(context, userId, { perSecond, burst });
    return format({ perSecond, burst });
  },
});

/** The limits of all hold for the user again. Errors as above. */
export const deleteRateOverrideV1 = defineEndpoint({
  operation: 'deleteRateOverrideV1',
  method: 'DELETE',
  path,
  authentication: 'admin',
  async handle(context, { params: { userId } }) {
    await requireAccount(context, userId);
    await setRateOverride(context, userId, undefined);
    return {};
  },
});
