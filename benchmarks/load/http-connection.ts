import { connect, type Socket } from 'node:net';

/** A reply, whole. */
export interface HttpReply {
  readonly status: number;
  readonly body: Buffer;
}

/** One keep-alive connection that carries one request at a time, as a client's connection does. */
export interface HttpConnection {
  /** Sends one request. Rejects when the connection breaks, the reply is malformed or the deadline passes. */
  request(method: string, path: string, options?: HttpRequest): Promise<HttpReply>;
  close(): void;
}

export interface HttpRequest {
  readonly token?: string | undefined;
  /** JSON text. */
  readonly body?: string | undefined;
  /** Longest silence on the socket, in milliseconds. */
  readonly silenceTimeoutMs?: number | undefined;
}

interface Waiting {
  resolve(reply: HttpReply): void;
  reject(error: Error): void;
}

interface ReplyHead {
  readonly status: number;
  /** Undefined when the body is chunked. */
  readonly contentLength: number | undefined;
  readonly headBytes: number;
  readonly closes: boolean;
}

const headEnd = Buffer.from('\r\n\r\n');
const defaultSilenceTimeoutMs = 120_000;

/**
 * A bare HTTP/1.1 client over a socket. The load generator shares two cores with the server that it measures,
 * and node:http spends several times as long on a small request as this does.
 */
export function openHttpConnection(baseUrl: string): HttpConnection {
  const url = new URL(baseUrl);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 80);
  let socket: Socket | undefined;
  let waiting: Waiting | undefined;
  let received: Buffer[] = [];
  let receivedBytes = 0;
  /** Fewer bytes than this cannot be the whole reply, so they need no look. */
  let neededBytes = 0;
  let silenceTimeoutMs = 0;

  function fail(error: Error): void {
    socket?.destroy();
    socket = undefined;
    forgetReceived();
    const failed = waiting;
    waiting = undefined;
    failed?.reject(error);
  }

  function forgetReceived(): void {
    received = [];
    receivedBytes = 0;
    neededBytes = 0;
  }

  function receive(chunk: Buffer): void {
    received.push(chunk);
    receivedBytes += chunk.length;
    if (receivedBytes < neededBytes) return;
    const whole = received.length === 1 ? chunk : Buffer.concat(received);
    received = [whole];
    const head = readHead(whole);
    if (head === undefined) return;
    neededBytes = head.headBytes + (head.contentLength ?? 0);
    const body = head.contentLength === undefined ? readChunkedBody(whole, head) : readPlainBody(whole, head);
    if (body === undefined) return;
    forgetReceived();
    const answered = waiting;
    waiting = undefined;
    if (head.closes) {
      socket?.destroy();
      socket = undefined;
    }
    answered?.resolve({ status: head.status, body });
  }

  function open(): Socket {
    const opened = connect({ host, port, noDelay: true });
    opened.on('data', (chunk: Buffer) => {
      try {
        receive(chunk);
      } catch (error) {
        fail(error as Error);
      }
    });
    opened.on('error', (error) => {
      if (socket === opened) fail(error);
    });
    opened.on('timeout', () => fail(new Error(`no byte from ${baseUrl} for ${silenceTimeoutMs} ms`)));
    opened.on('close', () => {
      if (socket === opened) fail(new Error(`${baseUrl} closed the connection`));
    });
    silenceTimeoutMs = 0;
    return opened;
  }

  function request(method: string, path: string, options: HttpRequest = {}): Promise<HttpReply> {
    if (waiting !== undefined) return Promise.reject(new Error('the connection is busy with another request'));
    socket ??= open();
    const wantedTimeoutMs = options.silenceTimeoutMs ?? defaultSilenceTimeoutMs;
    if (silenceTimeoutMs !== wantedTimeoutMs) {
      silenceTimeoutMs = wantedTimeoutMs;
      socket.setTimeout(silenceTimeoutMs);
    }
    let text = `${method} ${path} HTTP/1.1\r\nHost: ${url.host}\r\n`;
    if (options.token !== undefined) text += `Authorization: Bearer ${options.token}\r\n`;
    if (options.body !== undefined) {
      text += `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(options.body)}\r\n`;
    }
    socket.write(`${text}\r\n${options.body ?? ''}`);
    return new Promise((resolve, reject) => {
      waiting = { resolve, reject };
    });
  }

  function close(): void {
    const closed = socket;
    socket = undefined;
    forgetReceived();
    closed?.destroy();
    waiting?.reject(new Error('the connection was closed by its owner'));
    waiting = undefined;
  }

  return { request, close };
}

function readHead(received: Buffer): ReplyHead | undefined {
  const end = received.indexOf(headEnd);
  if (end < 0) return undefined;
  const text = received.toString('latin1', 0, end);
  const status = Number(text.slice(9, 12));
  if (!text.startsWith('HTTP/1.') || !Number.isInteger(status)) throw new Error(`not an HTTP reply: ${text}`);
  const length = /\r\ncontent-length: *(\d+)/i.exec(text)?.[1];
  if (length === undefined && !/\r\ntransfer-encoding: *chunked/i.test(text)) {
    throw new Error(`a reply with neither length nor chunks: ${text}`);
  }
  return {
    status,
    contentLength: length === undefined ? undefined : Number(length),
    headBytes: end + headEnd.length,
    closes: /\r\nconnection: *close/i.test(text),
  };
}

function readPlainBody(received: Buffer, head: ReplyHead): Buffer | undefined {
  const end = head.headBytes + (head.contentLength ?? 0);
  return received.length < end ? undefined : received.subarray(head.headBytes, end);
}

/** The joined chunks, or undefined while the last has not come. */
function readChunkedBody(received: Buffer, head: ReplyHead): Buffer | undefined {
  const chunks: Buffer[] = [];
  let at = head.headBytes;
  for (;;) {
    const lineEnd = received.indexOf('\r\n', at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(received.toString('latin1', at, lineEnd), 16);
    if (!Number.isInteger(size)) throw new Error('a chunk without a size');
    const start = lineEnd + 2;
    if (received.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(chunks);
    chunks.push(received.subarray(start, start + size));
    at = start + size + 2;
  }
}
