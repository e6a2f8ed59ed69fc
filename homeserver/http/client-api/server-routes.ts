import type { Endpoint } from '../endpoint.ts';
import { getVersions } from './versions/get-versions.ts';

/** What the server says about itself. */
export const serverRoutes: readonly Endpoint[] = [getVersions];
