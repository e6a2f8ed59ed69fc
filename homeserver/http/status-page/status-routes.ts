import type { Endpoint } from '../endpoint.ts';
import { getStatusAddress, getStatusFacts, getStatusFeed, getStatusPage } from './get-status-page.ts';

/** What everybody may know of how the server is. */
export const statusRoutes: readonly Endpoint[] = [getStatusAddress, getStatusPage, getStatusFeed, getStatusFacts];
