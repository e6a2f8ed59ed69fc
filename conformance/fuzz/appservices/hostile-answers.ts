import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Random } from '../../simulation/random.ts';
import { choose } from '../choose.ts';
import { hostileTexts, makeValue } from '../make-value.ts';

export interface HostileService {
  readonly url: string;
  /** How many requests it was sent. */
  requests(): number;
  stop(): Promise<void>;
}

const endlessBytes = 16 * 1024 * 1024;
const trickleMs = 100;

/** An application service that answers whatever it is asked with anything, or never. */
export async function startHostileService(random: Random): Promise<HostileService> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((request, response) => {
    count++;
    response.on('error', () => {});
    request.on('error', () => {});
    choose(random, answers)(random, request, response);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => count,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Answer = (random: Random, request: IncomingMessage, response: ServerResponse) => void;

const json = (response: ServerResponse, status: number, text: string | Buffer) => {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(text);
};

const raw =
  (text: string): Answer =>
  (_random, _request, response) =>
    void response.socket?.end(text);

const answers: readonly Answer[] = [
  (_random, _request, response) => json(response, 200, '{}'),
  (random, _request, response) => json(response, 200, anything(random)),
  (random, _request, response) => json(response, 200, networks(random)),
  (random, _request, response) => json(response, choose(random, [199 + random.integer(400), 204, 304, 999]), '{}'),
  (random, _request, response) => json(response, 404, anything(random)),
  (_random, _request, response) => json(response, 200, Buffer.from([0xff, 0xfe, 0x00, 0x7b])),
  (_random, _request, response) => json(response, 200, '['.repeat(100_000)),
  (_random, _request, response) => json(response, 200, `"${'x'.repeat(900_000)}"`),
  // Back to itself, and to where it should not lead.
  (random, request, response) => {
    const target = choose(random, [request.url ?? '/', 'http://169.254.169.254/', 'file:///etc/passwd', '\u00e9']);
    response.writeHead(302, { Location: Buffer.from(target).toString('latin1') });
    response.end();
  },
  // Never.
  () => {},
  (_random, _request, response) => response.writeHead(200).write('{'),
  // Byte by byte.
  (_random, _request, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), trickleMs);
    response.once('close', () => clearInterval(timer));
  },
  (_random, _request, response) => {
    response.writeHead(200, { 'Content-Length': '1000' });
    response.write('{}', () => response.destroy());
  },
  (_random, _request, response) => pour(response),
  (_random, _request, response) => void response.destroy(),
  raw('220 mail.example ESMTP\r\n'),
  raw('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 7\r\n\r\n{}'),
  raw('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
  raw(`HTTP/1.1 200 OK\r\nX: ${'y'.repeat(100_000)}\r\n\r\n{}`),
  raw('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1_000)),
];

function anything(random: Random): string {
  return JSON.stringify(makeValue(random, undefined, ['instances', 'fields', 'alias', 'userid', 'errcode'], 0.5)) ?? '';
}

/** As a network is described, more or less. */
function networks(random: Random): string {
  const instance = {
    type: 'object',
    properties: { network_id: { type: 'string' }, desc: { type: 'string' }, fields: { type: 'object' } },
  };
  const schema = {
    type: 'object',
    properties: {
      instances: { type: 'array', items: instance },
      user_fields: { type: 'array', items: { type: 'string' } },
      field_types: { type: 'object' },
    },
  };
  return JSON.stringify(makeValue(random, schema, hostileTexts, 0.1));
}

function pour(response: ServerResponse): void {
  response.writeHead(200);
  const chunk = Buffer.alloc(64 * 1024, ' ');
  let sentBytes = 0;
  const sendMore = () => {
    while (sentBytes < endlessBytes && !response.destroyed) {
      sentBytes += chunk.length;
      if (response.write(chunk)) continue;
      response.once('drain', sendMore);
      return;
    }
    response.destroy();
  };
  sendMore();
}
