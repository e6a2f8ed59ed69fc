import type { Requester } from './endpoint.ts';

/** `ts`: when an event happened that an application service brings from elsewhere. */
export const timestampQuery = {
  type: 'object',
  properties: { ts: { type: 'integer', minimum: 0, maximum: 9_007_199_254_740_991 } },
} as const;

/**
 * The time for an event, where the requester may choose it; undefined: now. Others' `ts` is passed over.
 * https://spec.matrix.org/v1.19/application-service-api/#timestamp-massaging
 */
export function serviceTimestamp(requester: Requester, query: { readonly ts?: number }): number | undefined {
  return requester.applicationService ? query.ts : undefined;
}
