import type { Endpoint } from '../endpoint.ts';
import { getLive } from './get-live.ts';
import { getMetrics } from './get-metrics.ts';
import { getReady } from './get-ready.ts';

/** What machines ask about this process. */
export const healthRoutes: readonly Endpoint[] = [getLive, getReady, getMetrics];
