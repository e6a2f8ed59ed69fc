import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { generateSigningKeyPair } from '@holdfast/homeserver/platform/cryptography/crypto-primitives.ts';
import postgres from 'postgres';
import { buildCeilingEvent } from './build-ceiling-event.ts';
import { createCeilingTable, writeInBatches } from './write-batches.ts';

/**
 * The crude ceiling: what sending can cost at best on this machine. A process of its own that answers only
 * `/versions` and `PUT .../send/...`, checks nothing, and stores each event durably before it answers.
 * Environment: CEILING_PORT, CEILING_DATABASE_URL.
 */
const sql = postgres(process.env.CEILING_DATABASE_URL ?? '', { max: 1, onnotice: () => {} });
await createCeilingTable(sql);
const [last] = await sql`SELECT coalesce(max(position), 0) AS position FROM ceiling_event`;
const write = writeInBatches(sql, Number(last?.position));
const { secretKey } = generateSigningKeyPair();
const sendPath = /^\/_matrix\/client\/v3\/rooms\/([^/]+)\/send\/([^/]+)\//;

function reply(response: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}

function readBody(request: IncomingMessage, done: (body: string) => void): void {
  let body = '';
  request.setEncoding('utf8');
  request.on('data', (chunk: string) => {
    body += chunk;
  });
  request.on('end', () => done(body));
}

async function send(response: ServerResponse, roomId: string, type: string, body: string): Promise<void> {
  try {
    const event = buildCeilingEvent(secretKey, roomId, type, JSON.parse(body));
    await write(event);
    reply(response, 200, { event_id: event.eventId });
  } catch (error) {
    reply(response, 500, { errcode: 'M_UNKNOWN', error: String(error) });
  }
}

const server = createServer((request, response) => {
  const url = request.url ?? '';
  const parts = sendPath.exec(url);
  if (parts !== null) {
    readBody(request, (body) => void send(response, decodeURIComponent(parts[1] ?? ''), parts[2] ?? '', body));
  } else if (url === '/_matrix/client/versions') {
    reply(response, 200, { versions: ['v1.19'] });
  } else {
    reply(response, 404, { errcode: 'M_UNRECOGNIZED', error: 'the ceiling does nothing else' });
  }
});
server.keepAliveTimeout = 120_000;
server.listen(Number(process.env.CEILING_PORT), '127.0.0.1');

process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void sql.end({ timeout: 2 });
});
