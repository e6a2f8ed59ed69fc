import type { Endpoint } from '../endpoint.ts';
import { getServerKey } from './keys/get-server-key.ts';
import { exchangeOpenIdToken } from './openid/exchange-open-id-token.ts';
import { readingRoutes } from './reading-routes.ts';
import { getVersion } from './version/get-version.ts';
import { getWellKnown } from './wellknown/get-well-known.ts';

/** What other servers and services call. */
export const federationRoutes: readonly Endpoint[] = [
  ...[exchangeOpenIdToken, getServerKey, getVersion, getWellKnown],
  ...readingRoutes,
];
