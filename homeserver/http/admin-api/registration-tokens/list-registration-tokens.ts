import { listRegistrationTokens as readTokens } from '../../../accounts/registration-tokens.ts';
import type { RegistrationTokenRow } from '../../../storage/accounts/read-registration-tokens.ts';
import { defineEndpoint } from '../../endpoint.ts';
import { formatRegistrationToken } from './find-registration-token.ts';

/**
 * All registration tokens; with `valid` only those that somebody could (true) or could not (false) register with now.
 * https://element-hq.github.io/synapse/latest/usage/administration/admin_api/registration_tokens.html
 */
export const listRegistrationTokens = defineEndpoint({
  operation: 'listRegistrationTokens',
  method: 'GET',
  path: '/_synapse/admin/v1/registration_tokens',
  authentication: 'admin',
  query: { type: 'object', properties: { valid: { type: 'boolean' } } },
  async handle(context, { query }) {
    const rows = await readTokens(context);
    const wanted = query.valid === undefined ? rows : rows.filter((row) => isValid(row) === query.valid);
    return { registration_tokens: wanted.map(formatRegistrationToken) };
  },
});

function isValid({ isExpired, usesAllowed, completed, pending }: RegistrationTokenRow): boolean {
  return !isExpired && (usesAllowed === null || completed + pending < usesAllowed);
}
