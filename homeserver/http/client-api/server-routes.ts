import type { Endpoint } from '../endpoint.ts';
import { getCapabilities } from './capabilities/get-capabilities.ts';
import { getWellknownSupport } from './support/get-wellknown-support.ts';
import { getVersions } from './versions/get-versions.ts';
import { getWellknown } from './wellknown/get-wellknown.ts';

/** What the server says about itself. */
export const serverRoutes: readonly Endpoint[] = [getVersions, getWellknown, getWellknownSupport, getCapabilities];
