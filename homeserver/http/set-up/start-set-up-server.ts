import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { checkServerName } from '../../platform/config/check-setting.ts';
import type { Config } from '../../platform/config/config.ts';
import { checkBody } from '../check-schema.ts';
import { consoleFileReply } from '../console/console-files.ts';
import { describeServer } from '../console/server-facts.ts';
import { preflightHeaders } from '../cors.ts';
import { errorReply } from '../error-reply.ts';
import type { SchemaValue } from '../json-schema.ts';
import { ClientGoneError, readJsonBody } from '../read-body.ts';
import { jsonReply, type Reply } from '../reply.ts';
import { sendReply } from '../send-reply.ts';
import type { SetUpAccess } from './set-up-access.ts';
import { setUpTokenSchema } from './set-up-token-schema.ts';

export interface SetUpServerOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Log;
  readonly access: SetUpAccess;
  /** Starts the homeserver under this name on the port that is free now, and resolves when it answers there. */
  startHomeserver(serverName: string, port: number): Promise<void>;
}

export interface SetUpServer {
  /** Without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const nameSchema = {
  type: 'object',
  properties: { token: setUpTokenSchema, server_name: { type: 'string', maxLength: 230 } },
  required: ['token', 'server_name'],
} as const;

const maxBodyBytes = 4_096;
const headersTimeoutMs = 20_000;
const requestTimeoutMs = 60_000;

/**
 * What answers while the server has no name: the page that asks for it, and health. Once the name is given, the
 * homeserver takes over the port, and the request that gave it is answered last: whoever gets that answer can go on.
 */
export async function startSetUpServer(options: SetUpServerOptions): Promise<SetUpServer> {
  const { http } = options.config;
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs });
  const place: ListeningPlace = { server, port: http.port, bind: http.bind, isMoving: false };
  server.on('request', (request, response) => {
    answer(options, place, request, response).catch((error: unknown) => {
      options.log.error({ err: error }, 'a reply could not be sent');
      response.destroy();
    });
  });
  await listen(place);
  place.port = (server.address() as AddressInfo).port;
  return {
    url: `http://${http.bind.includes(':') ? `[${http.bind}]` : http.bind}:${place.port}`,
    async close() {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface ListeningPlace {
  readonly server: Server;
  readonly bind: string;
  port: number;
  /** The homeserver is being started. */
  isMoving: boolean;
}

function listen({ server, port, bind }: ListeningPlace): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, bind, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function answer(
  options: SetUpServerOptions,
  place: ListeningPlace,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let reply: Reply;
  try {
    reply = await route(options, place, request);
  } catch (error) {
    if (error instanceof ClientGoneError) return response.destroy() && undefined;
    reply = errorReply(error, options.log);
  }
  await sendReply(response, reply, place.server.listening && request.complete);
}

async function route(options: SetUpServerOptions, place: ListeningPlace, request: IncomingMessage): Promise<Reply> {
  const path = (request.url ?? '').replace(/\?.*$/s, '');
  const isRead = request.method === 'GET' || request.method === 'HEAD';
  const file = /^\/(?:console\/([\w.-]+))?$/.exec(path);
  if (request.method === 'OPTIONS') return jsonReply({}, { headers: preflightHeaders });
  if (isRead && file) {
    const reply = consoleFileReply(file[1] ?? 'index.html', request.headers['if-none-match']);
    if (reply) return reply;
  }
  if (isRead && path === '/_holdfast/v1/server') return describeServer(options.config, null, 'name');
  if (isRead && path === '/health/live') return {};
  if (path === '/_holdfast/v1/set-up/name' && request.method === 'POST') return nameServer(options, place, request);
  throw new MatrixError('M_UNKNOWN', 'This server has no name yet: open the address that its terminal printed', {
    status: 503,
  });
}

async function nameServer(
  options: SetUpServerOptions,
  place: ListeningPlace,
  request: IncomingMessage,
): Promise<Reply> {
  const body = await readJsonBody(options.clock, request, maxBodyBytes);
  checkBody(nameSchema, body);
  const { token, server_name: typed } = body as SchemaValue<typeof nameSchema>;
  options.access.check(token);
  // Host names know no capitals, user ids do: two spellings of one server would be two servers.
  const serverName = typed.trim().toLowerCase();
  const problem = checkServerName(serverName);
  if (problem) throw new MatrixError('M_INVALID_PARAM', `A server name ${problem}`);
  if (place.isMoving) throw new MatrixError('M_FORBIDDEN', 'Another window is naming this server right now');
  place.isMoving = true;
  try {
    await handOver(options, place, serverName);
  } finally {
    place.isMoving = false;
  }
  return { server_name: serverName };
}

/** Lets go of the port for the homeserver; the connections that are open stay until they are answered. */
async function handOver(options: SetUpServerOptions, place: ListeningPlace, serverName: string): Promise<void> {
  place.server.close();
  place.server.closeIdleConnections();
  try {
    await options.startHomeserver(serverName, place.port);
  } catch (error) {
    options.log.error({ err: error, serverName }, 'the homeserver could not be started under this name');
    await listen(place);
    throw new MatrixError('M_UNKNOWN', `The homeserver could not be started: ${(error as Error).message}`, {
      status: 500,
    });
  }
}
