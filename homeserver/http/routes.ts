import { adminRoutes } from './admin-api/routes.ts';
import { clientRoutes } from './client-api/routes.ts';
import { consoleRoutes } from './console/console-routes.ts';
import type { Endpoint } from './endpoint.ts';
import { federationRoutes } from './federation-api/routes.ts';
import { healthRoutes } from './health/health-routes.ts';
import { statusRoutes } from './status-page/status-routes.ts';

/** What people and other servers call; all that the listener for other servers answers. */
export const publicRoutes: readonly Endpoint[] = [...clientRoutes, ...federationRoutes];

/** Everything that answers on the listener, but for what depends on the process (`setUpRoutes`). */
export const routes: readonly Endpoint[] = [
  ...[...publicRoutes, ...adminRoutes],
  ...[...consoleRoutes, ...statusRoutes, ...healthRoutes],
];
