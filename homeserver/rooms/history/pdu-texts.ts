import type { Context } from '../../platform/context.ts';

/** A transaction of PDUs that are texts already. https://spec.matrix.org/v1.19/server-server-api/#transactions */
export function transactionText(context: Context, pdus: readonly string[]): string {
  const origin = JSON.stringify(context.serverName);
  return `{"origin":${origin},"origin_server_ts":${context.clock.wallMs()},"pdus":[${pdus.join(',')}]}`;
}
