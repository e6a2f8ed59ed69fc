import { Agent, type IncomingMessage, request } from 'node:http';

export interface RequestOptions {
  readonly token?: string;
  readonly body?: unknown;
  /** For all of it: connecting, sending, the headers and the body of the reply. */
  readonly timeoutMs: number;
}

export interface JsonReply {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whoever asked knows what the reply has
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any;
  /** The server's wall clock. */
  readonly date: string | undefined;
}

const agent = new Agent({ keepAlive: true });

/** Sends a request as a client does. Rejects when the connection breaks or the deadline passes. */
export function sendRequest(url: string, method: string, options: RequestOptions): Promise<JsonReply> {
  const text = options.body === undefined ? undefined : JSON.stringify(options.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method,
      agent,
      headers: {
        ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
        ...(text !== undefined && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }),
      },
    });
    const timer = setTimeout(() => outgoing.destroy(new Error('no answer in time')), options.timeoutMs);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    outgoing.on('error', fail);
    outgoing.on('response', (incoming) => {
      readJson(incoming).then((body) => {
        clearTimeout(timer);
        resolve({ status: incoming.statusCode ?? 0, body, date: incoming.headers.date });
      }, fail);
    });
    outgoing.end(text);
  });
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming as AsyncIterable<Buffer>) chunks.push(chunk);
  return JSON.parse(Buffer.concat(chunks).toString() || '{}') as unknown;
}

/** The body of a reply that has to be a success. */
export async function requestJson(url: string, method: string, options: RequestOptions): Promise<JsonReply['body']> {
  const { status, body } = await sendRequest(url, method, options);
  if (status !== 200) throw new Error(`${method} ${new URL(url).pathname}: ${status} ${JSON.stringify(body)}`);
  return body;
}

/** Closes the idle connections, so that the program can end. */
export function closeConnections(): void {
  agent.destroy();
}
