import type { ReplyHeaders } from './reply.ts';

/**
 * On every reply, so that clients in browsers may read it; preflights are remembered for a day.
 * https://spec.matrix.org/v1.19/client-server-api/#web-browser-clients
 */
export const corsHeaders: ReplyHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE, OPTIONS',
  'Access-Control-Allow-Headers': 'X-Requested-With, Content-Type, Authorization',
  'Access-Control-Expose-Headers': 'Retry-After, Content-Disposition, Content-Range, ETag',
};

export const preflightHeaders: ReplyHeaders = { ...corsHeaders, 'Access-Control-Max-Age': '86400' };
