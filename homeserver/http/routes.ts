import { adminRoutes } from './admin-api/routes.ts';
import { clientRoutes } from './client-api/routes.ts';
import type { Endpoint } from './endpoint.ts';

/** Everything that answers on the listener. */
export const routes: readonly Endpoint[] = [...clientRoutes, ...adminRoutes];
