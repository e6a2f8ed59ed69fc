import { adminRoutes } from './admin-api/routes.ts';
import { clientRoutes } from './client-api/routes.ts';
import { consoleRoutes } from './console/console-routes.ts';
import type { Endpoint } from './endpoint.ts';
import { federationRoutes } from './federation-api/routes.ts';
import { healthRoutes } from './health/health-routes.ts';

/** Everything that answers on the listener, but for what depends on the process (`setUpRoutes`). */
export const routes: readonly Endpoint[] = [
  ...clientRoutes,
  ...federationRoutes,
  ...adminRoutes,
  ...consoleRoutes,
  ...healthRoutes,
];
