import type { Endpoint } from '../endpoint.ts';
import { listAppservices } from './appservices/list-appservices.ts';
import { pauseAppservice, resumeAppservice } from './appservices/pause-appservice.ts';
import { skipEvents } from './appservices/skip-events.ts';
import { getFederationStatus } from './federation/get-federation-status.ts';
import { getRegistrationNonce } from './register/get-registration-nonce.ts';
import { registerBySharedSecret } from './register/register-by-shared-secret.ts';
import { createRegistrationToken } from './registration-tokens/create-registration-token.ts';
import { deleteRegistrationToken } from './registration-tokens/delete-registration-token.ts';
import { getRegistrationToken } from './registration-tokens/get-registration-token.ts';
import { listRegistrationTokens } from './registration-tokens/list-registration-tokens.ts';
import { updateRegistrationToken } from './registration-tokens/update-registration-token.ts';
import { listReports } from './reports/list-reports.ts';
import { listUsers } from './users/list-users.ts';

/** What administrators and their tools call, outside of the specification. */
export const adminRoutes: readonly Endpoint[] = [
  ...[getRegistrationNonce, registerBySharedSecret],
  ...[listRegistrationTokens, createRegistrationToken, getRegistrationToken],
  ...[updateRegistrationToken, deleteRegistrationToken],
  ...[listAppservices, pauseAppservice, resumeAppservice, skipEvents],
  ...[getFederationStatus, listUsers, listReports],
];
