import type { Endpoint } from '../endpoint.ts';
import { keyRoutes } from './keys/key-routes.ts';
import { membershipRoutes } from './membership-routes.ts';
import { exchangeOpenIdToken } from './openid/exchange-open-id-token.ts';
import { askPolicyServerToSign } from './policy/ask-policy-server-to-sign.ts';
import { queryInfo } from './query/query-info.ts';
import { queryProfile } from './query/query-profile.ts';
import { readingRoutes } from './reading-routes.ts';
import { sendTransaction } from './transactions/send-transaction.ts';
import { getUserDevices } from './user-devices/get-user-devices.ts';
import { claimUserEncryptionKeys } from './user-keys/claim-user-encryption-keys.ts';
import { queryUserEncryptionKeys } from './user-keys/query-user-encryption-keys.ts';
import { getVersion } from './version/get-version.ts';
import { getWellKnown } from './wellknown/get-well-known.ts';
import { getWellknownPolicy } from './wellknown/get-wellknown-policy.ts';

/** What other servers and services call. */
export const federationRoutes: readonly Endpoint[] = [
  ...keyRoutes,
  ...[exchangeOpenIdToken, getVersion, getWellKnown, getWellknownPolicy, sendTransaction],
  ...[askPolicyServerToSign, queryInfo],
  ...[claimUserEncryptionKeys, getUserDevices, queryProfile, queryUserEncryptionKeys],
  ...readingRoutes,
  ...membershipRoutes,
];
