import type { DeviceActivity } from '../accounts/device-activity.ts';
import type { SessionCache } from '../accounts/session-cache.ts';
import type { Context } from '../platform/context.ts';
import type { HeavyReads } from './heavy-reads.ts';
import type { MeasureRequest } from './measure-requests.ts';
import type { RateLimits } from './rate-limits.ts';
import type { RunningRequests } from './running-requests.ts';

/** What the requests of one server share. */
export interface HttpServer {
  readonly context: Context;
  readonly sessions: SessionCache;
  readonly activity: DeviceActivity;
  readonly limits: RateLimits;
  readonly heavyReads: HeavyReads;
  readonly running: RunningRequests;
  readonly measure: MeasureRequest;
}
