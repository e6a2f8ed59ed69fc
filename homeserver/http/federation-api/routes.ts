import type { Endpoint } from '../endpoint.ts';
import { exchangeOpenIdToken } from './openid/exchange-open-id-token.ts';
import { getWellKnown } from './wellknown/get-well-known.ts';

/** What other servers and services call. */
export const federationRoutes: readonly Endpoint[] = [exchangeOpenIdToken, getWellKnown];
