import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Log } from '@holdfast/effects/log.ts';
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from 'fastify';
import { type MatrixEvent, readMatrixEvent } from './matrix-event.ts';

/** What the server asks the bridge. */
export interface BridgeAnswers {
  /** Resolves when the events are stored; only then the homeserver is told so. */
  receiveTransaction(transactionId: string, events: readonly MatrixEvent[]): Promise<void>;
  /** Whether the user, whose id is in the bridge's namespace, is there; makes it if it may be. */
  hasUser(userId: string): Promise<boolean>;
  /** Whether the alias leads to a room; makes the room if it may be. */
  hasAlias(alias: string): Promise<boolean>;
  /** The description of `irc` for third-party look-ups, and what is found. */
  describeProtocol(): object;
  findLocations(query: ThirdPartyQuery): object[];
  findUsers(query: ThirdPartyQuery): object[];
  /** Everything about the bridge's condition. */
  readStatus(): Promise<object>;
  /** Whether the bridge works; false: the database or the homeserver cannot be reached. */
  isReady(): Promise<boolean>;
  exposeMetrics(): Promise<{ body: string; contentType: string }>;
  /** Streams a file into the answer. */
  sendMedia(request: MediaRequest, reply: FastifyReply): Promise<FastifyReply>;
  /** Links a room to a channel, or unlinks it. Throws ProvisioningError. */
  provision(action: 'link' | 'unlink', body: Readonly<Record<string, unknown>>): Promise<object>;
  /** The rooms that are joined to channels. */
  listLinks(): object;
}

export interface ThirdPartyQuery {
  readonly network: string | undefined;
  readonly channel: string | undefined;
  readonly nickname: string | undefined;
  readonly alias: string | undefined;
  readonly userId: string | undefined;
}

export interface MediaRequest {
  readonly serverName: string;
  readonly mediaId: string;
  readonly proof: string;
  readonly name: string;
}

/** The bridge does not do what the provisioning API asks; `code` is one of the API's. */
export class ProvisioningError extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.name = 'ProvisioningError';
    this.status = status;
    this.code = code;
  }
}

export interface BridgeServerOptions {
  readonly bind: string;
  readonly port: number;
  readonly hsToken: string;
  readonly statusToken: string | undefined;
  readonly log: Log;
}

/** Transactions of other homeservers may be large: 100 events of 64 KiB, and some room. */
const maxBodyBytes = 16 * 1024 * 1024;
const requestTimeoutMs = 30_000;

/** Starts the listener for the homeserver, for those who open links to files, and for whoever watches the bridge. */
export async function startBridgeServer(
  options: BridgeServerOptions,
  answers: BridgeAnswers,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const server = fastify({
    bodyLimit: maxBodyBytes,
    requestTimeout: requestTimeoutMs,
    connectionTimeout: 2 * requestTimeoutMs,
    forceCloseConnections: true,
    // Events may have members of any name. A transaction that is refused for one comes again and again, for ever.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    routerOptions: { maxParamLength: 1_000 },
    logger: false,
  });
  server.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    if (error instanceof ProvisioningError) {
      return reply.code(error.status).send({ errcode: error.code, error: error.message });
    }
    const status = error.statusCode ?? 500;
    if (status >= 500) options.log.error({ err: error }, 'a request to the bridge failed');
    return reply.code(status).send({ errcode: status >= 500 ? 'M_UNKNOWN' : 'M_BAD_JSON', error: error.message });
  });
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send({ errcode: 'M_UNRECOGNIZED', error: 'Not here' }),
  );
  addHomeserverRoutes(server, options.hsToken, answers);
  addStatusRoutes(server, options.statusToken, answers);
  server.get<{ Params: Record<string, string> }>('/media/:serverName/:mediaId/:proof/:name', (request, reply) =>
    answers.sendMedia(request.params as unknown as MediaRequest, reply),
  );
  await server.listen({ host: options.bind, port: options.port });
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : options.port;
  return { port, close: () => server.close() };
}

/** https://spec.matrix.org/v1.19/application-service-api/ */
function addHomeserverRoutes(server: FastifyInstance, hsToken: string, answers: BridgeAnswers): void {
  const guard = { onRequest: requireToken(hsToken) };
  server.put<{ Params: { id: string } }>('/_matrix/app/v1/transactions/:id', guard, async (request, reply) => {
    const body = request.body as { events?: unknown } | null;
    if (!Array.isArray(body?.events)) {
      return reply.code(400).send({ errcode: 'M_BAD_JSON', error: 'A transaction has a list of events' });
    }
    await answers.receiveTransaction(request.params.id, (body.events as unknown[]).flatMap(toEvents));
    return {};
  });
  server.post('/_matrix/app/v1/ping', guard, async () => ({}));
  server.get<{ Params: { id: string } }>('/_matrix/app/v1/users/:id', guard, async (request, reply) =>
    (await answers.hasUser(request.params.id)) ? {} : notFound(reply, 'There is no such user'),
  );
  server.get<{ Params: { alias: string } }>('/_matrix/app/v1/rooms/:alias', guard, async (request, reply) =>
    (await answers.hasAlias(request.params.alias)) ? {} : notFound(reply, 'There is no such room'),
  );
  const thirdParty = '/_matrix/app/v1/thirdparty';
  server.get<{ Params: { protocol: string } }>(`${thirdParty}/protocol/:protocol`, guard, async (request, reply) =>
    request.params.protocol === 'irc' ? answers.describeProtocol() : notFound(reply, 'Only irc is known here'),
  );
  server.get(`${thirdParty}/location/irc`, guard, async (request) => answers.findLocations(readThirdParty(request)));
  server.get(`${thirdParty}/user/irc`, guard, async (request) => answers.findUsers(readThirdParty(request)));
  server.get(`${thirdParty}/location`, guard, async (request) => answers.findLocations(readThirdParty(request)));
  server.get(`${thirdParty}/user`, guard, async (request) => answers.findUsers(readThirdParty(request)));
}

function addStatusRoutes(server: FastifyInstance, statusToken: string | undefined, answers: BridgeAnswers): void {
  server.get('/health', async (_request, reply) => {
    const ready = await answers.isReady();
    return reply.code(ready ? 200 : 503).send({ ready });
  });
  const guard = { onRequest: requireToken(statusToken) };
  server.get('/status', guard, () => answers.readStatus());
  server.get('/metrics', guard, async (_request, reply) => {
    const { body, contentType } = await answers.exposeMetrics();
    return reply.header('Content-Type', contentType).send(body);
  });
  server.get('/provision/v1/links', guard, async () => answers.listLinks());
  for (const action of ['link', 'unlink'] as const) {
    server.post(`/provision/v1/${action}`, guard, (request) =>
      answers.provision(action, (request.body ?? {}) as Record<string, unknown>),
    );
  }
}

/** What is no event can never be bridged; refusing the transaction for it would stop all that comes after. */
function toEvents(value: unknown): MatrixEvent[] {
  const event = readMatrixEvent(value);
  return event ? [event] : [];
}

function readThirdParty(request: FastifyRequest): ThirdPartyQuery {
  const query = request.query as Record<string, unknown>;
  const read = (key: string) => (typeof query[key] === 'string' ? query[key] : undefined);
  return {
    ...{ network: read('network'), channel: read('channel'), nickname: read('nickname') },
    ...{ alias: read('alias'), userId: read('userid') },
  };
}

function notFound(reply: FastifyReply, error: string): FastifyReply {
  return reply.code(404).send({ errcode: 'M_NOT_FOUND', error });
}

/** Refuses requests without the token; all of them where there is none. */
function requireToken(token: string | undefined) {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const right = token === undefined ? undefined : digest(token);
  return async (request: FastifyRequest<{ Querystring: unknown }>, reply: FastifyReply) => {
    const given = readBearer(request.raw) ?? (request.query as { access_token?: unknown }).access_token;
    if (typeof given !== 'string') return reply.code(401).send({ errcode: 'M_MISSING_TOKEN', error: 'Missing token' });
    if (right && timingSafeEqual(right, digest(given))) return undefined;
    return reply.code(403).send({ errcode: 'M_FORBIDDEN', error: 'Wrong token' });
  };
}

function readBearer(request: IncomingMessage): string | undefined {
  return /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
}
