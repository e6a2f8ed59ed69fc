import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { corsHeaders } from './cors.ts';
import { MadeReply, type Reply } from './reply.ts';

const jsonHeaders = { 'Content-Type': 'application/json' };

/** Connections whose last reply is on its way. */
const closingSockets = new WeakSet<object>();

/** Whether a reply that ends the connection has been started: nothing else may be written to it. */
export function hasLastReply(socket: object): boolean {
  return closingSockets.has(socket);
}

/** Writes a reply out; resolves when a streamed body is through. Gives the status. */
export async function sendReply(response: ServerResponse, reply: Reply, keepConnection: boolean): Promise<number> {
  const { status, headers, body } =
    reply instanceof MadeReply ? reply : { status: 200, headers: jsonHeaders, body: JSON.stringify(reply) };
  if (!keepConnection && response.socket) closingSockets.add(response.socket);
  const connection = !keepConnection && { Connection: 'close' };
  if (typeof body === 'string' || body instanceof Uint8Array) {
    // All headers in one object: setting any before would cost more than the rest of the reply.
    const length = { 'Content-Length': String(Buffer.byteLength(body)) };
    response.writeHead(status, { ...corsHeaders, ...headers, ...length, ...connection });
    response.end(body);
    return status;
  }
  response.writeHead(status, { ...corsHeaders, ...headers, ...connection });
  if (response.req.method === 'HEAD') {
    body.destroy();
    response.end();
  } else {
    // A reader that goes away, or a source that breaks, ends the connection: the status is out already.
    await pipeline(body, response).catch(() => response.destroy());
  }
  return status;
}
