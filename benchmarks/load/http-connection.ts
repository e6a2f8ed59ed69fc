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
 * A bare HTTP/1.1 client over a socket. The load generator shares the machine with the server that it measures, and
 * node:http spends several times as long on a small request as this does.
 */
export function openHttpConnection(baseUrl: string): HttpConnection {
  return new SocketConnection(new URL(baseUrl));
}

class SocketConnection implements HttpConnection {
  readonly #url: URL;
  #socket: Socket | undefined;
  #waiting: Waiting | undefined;
  #received: Buffer[] = [];
  #receivedBytes = 0;
  /** Fewer bytes than this cannot be the whole reply, so they need no look. */
  #neededBytes = 0;
  #silenceTimeoutMs = 0;

  constructor(url: URL) {
    this.#url = url;
  }

  request(method: string, path: string, options: HttpRequest = {}): Promise<HttpReply> {
    if (this.#waiting !== undefined) return Promise.reject(new Error('the connection is busy with another request'));
    this.#socket ??= this.#open();
    const wantedTimeoutMs = options.silenceTimeoutMs ?? defaultSilenceTimeoutMs;
    if (this.#silenceTimeoutMs !== wantedTimeoutMs) {
      this.#silenceTimeoutMs = wantedTimeoutMs;
      this.#socket.setTimeout(wantedTimeoutMs);
    }
    this.#socket.write(formatRequest(this.#url.host, method, path, options));
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  close(): void {
    this.#fail(new Error('the connection was closed by its owner'));
  }

  #open(): Socket {
    const { hostname, port } = this.#url;
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80), noDelay: true });
    const failThis = (error: Error) => {
      if (this.#socket === socket) this.#fail(error);
    };
    socket.on('data', (chunk: Buffer) => {
      try {
        this.#receive(chunk);
      } catch (error) {
        failThis(error as Error);
      }
    });
    socket.on('error', failThis);
    socket.on('timeout', () => failThis(new Error(`no byte from ${this.#url.host} for ${this.#silenceTimeoutMs} ms`)));
    socket.on('close', () => failThis(new Error(`${this.#url.host} closed the connection`)));
    this.#silenceTimeoutMs = 0;
    return socket;
  }

  #receive(chunk: Buffer): void {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    if (this.#receivedBytes < this.#neededBytes) return;
    const whole = this.#received.length === 1 ? chunk : Buffer.concat(this.#received);
    this.#received = [whole];
    const head = readHead(whole);
    if (head === undefined) return;
    this.#neededBytes = head.headBytes + (head.contentLength ?? 0);
    const body = head.contentLength === undefined ? readChunkedBody(whole, head) : readPlainBody(whole, head);
    if (body === undefined) return;
    const waiting = this.#waiting;
    this.#forgetReply();
    if (head.closes) this.#drop();
    waiting?.resolve({ status: head.status, body });
  }

  #fail(error: Error): void {
    const waiting = this.#waiting;
    this.#forgetReply();
    this.#drop();
    waiting?.reject(error);
  }

  #forgetReply(): void {
    this.#waiting = undefined;
    this.#received = [];
    this.#receivedBytes = 0;
    this.#neededBytes = 0;
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }
}

function formatRequest(host: string, method: string, path: string, options: HttpRequest): string {
  const { token, body } = options;
  let head = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n`;
  if (token !== undefined) head += `Authorization: Bearer ${token}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
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
