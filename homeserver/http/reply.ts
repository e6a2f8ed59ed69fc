import type { Readable } from 'node:stream';

export type ReplyHeaders = Readonly<Record<string, string>>;

/** A reply that is more than an object with status 200. */
export class MadeReply {
  readonly status: number;
  readonly headers: ReplyHeaders;
  readonly body: string | Uint8Array | Readable;

  constructor(status: number, headers: ReplyHeaders, body: string | Uint8Array | Readable) {
    this.status = status;
    this.headers = headers;
    this.body = body;
  }
}

/** What an endpoint returns: an object becomes JSON with status 200. */
export type Reply = object | MadeReply;

const jsonHeaders = { 'Content-Type': 'application/json' };

/** A reply whose JSON is already put together as text. */
export function jsonText(text: string): MadeReply {
  return new MadeReply(200, jsonHeaders, text);
}

/** JSON with a status or headers of its own. */
export function jsonReply(value: object, options: { status?: number; headers?: ReplyHeaders } = {}): MadeReply {
  return new MadeReply(options.status ?? 200, { ...jsonHeaders, ...options.headers }, JSON.stringify(value));
}

/**
 * Bytes of any type, sent as they come (constant memory) or whole. The caller sets Content-Type, and Content-Length
 * where it is known. The stream is destroyed when the client goes away.
 */
export function bytesReply(body: Readable | Uint8Array, headers: ReplyHeaders, status = 200): MadeReply {
  return new MadeReply(status, headers, body);
}
