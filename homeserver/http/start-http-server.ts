import { type Server as HttpServerOfNode, STATUS_CODES } from 'node:http';
import type { Server, ServerOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { type FastifyHttpOptions, type FastifyInstance, fastify } from 'fastify';
import { DeviceActivity } from '../accounts/device-activity.ts';
import { SessionCache } from '../accounts/session-cache.ts';
import type { Context } from '../platform/context.ts';
import type { Endpoint } from './endpoint.ts';
import { errorReply } from './error-reply.ts';
import { HeavyReads } from './heavy-reads.ts';
import type { HttpServer } from './http-server.ts';
import { measureBounds } from './measure-bounds.ts';
import { measureRequests } from './measure-requests.ts';
import { openCertificate } from './open-certificate.ts';
import { RateLimits } from './rate-limits.ts';
import { registerRoutes } from './register-routes.ts';
import { RunningRequests } from './running-requests.ts';
import { hasLastReply, sendReply } from './send-reply.ts';

export interface StartedHttpServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** Of the listener with TLS, where there is one. */
  readonly tlsUrl: string | undefined;
  /** Answers what runs, ends long polls at once and the rest by config.process.shutdownGraceMs. */
  close(): Promise<void>;
}

/** Identifiers are at most 255 bytes, three characters each when percent-encoded. */
const maxParamLength = 1024;
/** Covers the longest body: a file from a slow line. JSON bodies have a shorter deadline of their own. */
const requestTimeoutMs = 20 * 60_000;
/** Longer than proxies keep theirs (60 s as a rule), so that they never send into a connection that just closed. */
const keepAliveTimeoutMs = 90_000;
const nodeLimits = { headersTimeout: 20_000, maxHeaderSize: 16 * 1024, connectionsCheckingInterval: 5_000 } as const;

/**
 * Opens the listener for clients, and with `tls.port` one with TLS that answers `publicEndpoints` only. Throws when an
 * address is in use, and CertificateError when the certificate cannot be used.
 */
export async function startHttpServer(
  context: Context,
  endpoints: readonly Endpoint[],
  publicEndpoints: readonly Endpoint[] = [],
): Promise<StartedHttpServer> {
  const { http, tls, process } = context.config;
  const server: HttpServer = {
    context,
    sessions: new SessionCache(context),
    activity: new DeviceActivity(context),
    limits: new RateLimits(context.config, context.clock),
    heavyReads: new HeavyReads(context.clock),
    running: new RunningRequests(),
    measure: measureRequests(context.metrics),
  };
  measureBounds(server);
  const certificate = tls.port === undefined ? undefined : await openCertificate(context);
  const listener = createListener(context);
  // Asked for once, a socket knows its client's address for good, even when the client has gone before its request
  // is looked at.
  listener.server.on('connection', (socket: Socket) => void socket.remoteAddress);
  registerRoutes(listener, server, endpoints);
  await listener.listen({ host: http.bind, port: http.port });
  const listeners = [listener];
  if (certificate) {
    const tlsListener = createListener(context, certificate.options);
    certificate.keepCurrent(tlsListener.server as unknown as Server);
    registerRoutes(tlsListener, server, publicEndpoints);
    listeners.push(tlsListener);
    await tlsListener.listen({ host: tls.bind, port: tls.port ?? 0 }).catch(async (error: unknown) => {
      certificate.close();
      await listener.close();
      throw error;
    });
  }
  return {
    url: formatUrl('http', listener),
    tlsUrl: listeners[1] && formatUrl('https', listeners[1]),
    async close() {
      server.running.close();
      certificate?.close();
      const grace = context.clock.startTimer(process.shutdownGraceMs, () => {
        for (const each of listeners) each.server.closeAllConnections();
      });
      await Promise.all(listeners.map((each) => each.close()));
      grace.cancel();
      server.sessions.close();
      await server.activity.flush();
    },
  };
}

function createListener(context: Context, https?: ServerOptions): FastifyInstance {
  const prefix = context.random.token(4);
  let requestCount = 0;
  const settings: FastifyHttpOptions<HttpServerOfNode> & { https?: ServerOptions | undefined } = {
    ...(https ? { https: { ...https, ...nodeLimits } } : { http: nodeLimits }),
    logger: false,
    trustProxy: [...context.config.http.trustedProxies],
    keepAliveTimeout: keepAliveTimeoutMs,
    requestTimeout: requestTimeoutMs,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: false,
    genReqId: () => `${prefix}-${(requestCount++).toString(36)}`,
    // The text as it came: each endpoint's schema says what is in it.
    routerOptions: { maxParamLength, querystringParser: (text) => text as never },
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      const text = 'The path is not percent-encoded UTF-8, or a part of it is too long';
      void sendReply(reply.raw, errorReply(new MatrixError('M_INVALID_PARAM', text), context.log), false);
    },
    clientErrorHandler: refuseBadHttp,
  };
  return fastify(settings);
}

/** What is no HTTP, too slow, or too long before it reaches a route. */
function refuseBadHttp(error: NodeJS.ErrnoException, socket: Socket): void {
  // Found in the rest of a request that has been answered already.
  if (hasLastReply(socket)) return;
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const statusByCode: Record<string, number> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };
  const status = statusByCode[error.code ?? ''] ?? 400;
  const body = JSON.stringify({ errcode: 'M_UNKNOWN', error: STATUS_CODES[status] });
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/json\r\n`;
  socket.end(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
}

function formatUrl(scheme: string, listener: FastifyInstance): string {
  const { address, port, family } = listener.server.address() as AddressInfo;
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
