import type { Endpoint } from '../../endpoint.ts';
import { bulkPerspectivesKeyQuery } from './bulk-perspectives-key-query.ts';
import { getServerKey } from './get-server-key.ts';
import { perspectivesKeyQuery } from './perspectives-key-query.ts';

/** Signing keys, ours and, as a notary, those of others. */
export const keyRoutes: readonly Endpoint[] = [bulkPerspectivesKeyQuery, getServerKey, perspectivesKeyQuery];
