import type { Endpoint } from '../endpoint.ts';
import { getHealth } from './get-health.ts';
import { getQrCode } from './get-qr-code.ts';
import { getReachability } from './get-reachability.ts';
import { getConsoleFile, getStartPage } from './get-start-page.ts';

/** The pages of the console, and what they ask of the server beyond the client-server and the admin API. */
export const consoleRoutes: readonly Endpoint[] = [getStartPage, getConsoleFile, getQrCode, getHealth, getReachability];
