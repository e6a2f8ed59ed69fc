import type { Endpoint } from '../endpoint.ts';
import { accountRoutes } from './account-routes.ts';
import { appserviceRoutes } from './appservice-routes.ts';
import { deviceRoutes } from './device-routes.ts';
import { mediaRoutes } from './media-routes.ts';
import { roomRoutes } from './room-routes.ts';
import { serverRoutes } from './server-routes.ts';
import { syncRoutes } from './sync-routes.ts';
import { userDataRoutes } from './user-data-routes.ts';

/** Every operation of the client-server API that is built, by area. */
export const clientRoutes: readonly Endpoint[] = [
  ...roomRoutes,
  ...serverRoutes,
  ...accountRoutes,
  ...userDataRoutes,
  ...deviceRoutes,
  ...appserviceRoutes,
  ...mediaRoutes,
  ...syncRoutes,
];
