import type { HttpConnection, HttpReply } from './http-connection.ts';

/** A reply that is not 200, as an error that names the request. */
export class UnexpectedReply extends Error {
  readonly status: number;

  constructor(method: string, path: string, reply: HttpReply) {
    super(`${method} ${path} was answered ${reply.status}: ${reply.body.toString('utf8', 0, 300)}`);
    this.name = 'UnexpectedReply';
    this.status = reply.status;
  }
}

/** Sends JSON and reads JSON. Throws UnexpectedReply for anything but 200. */
export async function requestJson(
  connection: HttpConnection,
  method: string,
  path: string,
  options: { token?: string; body?: unknown } = {},
): Promise<Record<string, unknown>> {
  const body = options.body === undefined ? undefined : JSON.stringify(options.body);
  const reply = await connection.request(method, path, { token: options.token, body });
  if (reply.status !== 200) throw new UnexpectedReply(method, path, reply);
  return JSON.parse(reply.body.toString('utf8')) as Record<string, unknown>;
}

/** A member of a JSON reply that must be text. */
export function textMember(reply: Record<string, unknown>, name: string): string {
  const value = reply[name];
  if (typeof value !== 'string') throw new Error(`the reply has no ${name}: ${JSON.stringify(reply).slice(0, 300)}`);
  return value;
}
