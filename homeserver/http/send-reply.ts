import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { corsHeaders } from './cors.ts';
import { MadeReply, type Reply } from './reply.ts';

/** Writes a reply out; resolves when a streamed body is through. Gives the status. */
export async function sendReply(response: ServerResponse, reply: Reply, keepConnection: boolean): Promise<number> {
  if (!(reply instanceof MadeReply)) return sendText(response, 200, JSON.stringify(reply), keepConnection);
  if (typeof reply.body === 'string')
    return sendText(response, reply.status, reply.body, keepConnection, reply.headers);
  writeHead(response, reply.status, reply.headers, keepConnection);
  if (reply.body instanceof Uint8Array) {
    response.end(reply.body);
  } else if (response.req.method === 'HEAD') {
    reply.body.destroy();
    response.end();
  } else {
    // A reader that goes away, or a source that breaks, ends the connection: the status is out already.
    await pipeline(reply.body, response).catch(() => response.destroy());
  }
  return reply.status;
}

function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  keepConnection: boolean,
  headers: Readonly<Record<string, string>> = jsonHeaders,
): number {
  response.setHeader('Content-Length', Buffer.byteLength(text));
  writeHead(response, status, headers, keepConnection);
  response.end(text);
  return status;
}

const jsonHeaders = { 'Content-Type': 'application/json' };

/** Connections whose last reply is on its way. */
const closingSockets = new WeakSet<object>();

/** Whether a reply that ends the connection has been started: nothing else may be written to it. */
export function hasLastReply(socket: object): boolean {
  return closingSockets.has(socket);
}

function writeHead(
  response: ServerResponse,
  status: number,
  headers: Readonly<Record<string, string>>,
  keepConnection: boolean,
): void {
  if (!keepConnection && response.socket) closingSockets.add(response.socket);
  response.writeHead(status, { ...corsHeaders, ...headers, ...(!keepConnection && { Connection: 'close' }) });
}
