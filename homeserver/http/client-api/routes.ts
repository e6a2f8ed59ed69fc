import type { Endpoint } from '../endpoint.ts';
import { serverRoutes } from './server-routes.ts';

/** Every operation of the client-server API that is built, by area. */
export const clientRoutes: readonly Endpoint[] = [...serverRoutes];
