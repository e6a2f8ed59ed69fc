import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerRequest } from './answer-request.ts';
import { preflightHeaders } from './cors.ts';
import { defineEndpoint, type Endpoint } from './endpoint.ts';
import type { HttpServer } from './http-server.ts';
import { ReceivedRequest } from './received-request.ts';

/** What answers under a path that does not know the method. */
const unknownMethod = defineEndpoint({
  operation: 'unknown-method',
  method: 'GET',
  path: '*',
  authentication: 'none',
  handle: () => {
    throw new MatrixError('M_UNRECOGNIZED', 'This path does not know the method', { status: 405 });
  },
});

/** What answers where nothing is. */
const unknownPath = defineEndpoint({
  operation: 'unknown-path',
  method: 'GET',
  path: '*',
  authentication: 'none',
  handle: () => {
    throw new MatrixError('M_UNRECOGNIZED', 'Unrecognized request');
  },
});

/**
 * Puts endpoints under all their paths; GET answers HEAD too. Every other method of a known path is 405, OPTIONS of any
 * path is a preflight, and what is left is 404.
 */
export function registerRoutes(fastify: FastifyInstance, server: HttpServer, endpoints: readonly Endpoint[]): void {
  answerUnrouted(fastify, server, endpoints);
  for (const endpoint of endpoints) {
    const methods = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method];
    for (const path of allPaths(endpoint)) addRoute(fastify, server, endpoint, toFastifyPath(path), methods);
  }
  fastify.options('*', { onRequest: (_request, reply) => sendPreflight(reply) }, () => {});
}

/**
 * Answers what no route takes, before Fastify would read its body. The paths are looked through only then: a route of
 * their own for all the methods that they do not have would be most of the routes, and cost most of the start.
 */
function answerUnrouted(fastify: FastifyInstance, server: HttpServer, endpoints: readonly Endpoint[]): void {
  const answerPath = answer(server, unknownPath);
  const answerMethod = answer(server, unknownMethod);
  let shapes: RegExp[] | undefined;
  fastify.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    shapes ??= [...new Set(endpoints.flatMap(allPaths))].map(toShape);
    const path = request.raw.url?.replace(/\?.*$/s, '') ?? '';
    (shapes.some((shape) => shape.test(path)) ? answerMethod : answerPath)(request, reply);
  });
}

/** Which paths, percent-encoded, are those of `path`. */
function toShape(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]*\}/g, '[^/]+')}$`);
}

/** Every path that an endpoint answers under, in the specification's form. */
export function allPaths(endpoint: Endpoint): string[] {
  const paths = [endpoint.path, ...(endpoint.alsoAt ?? [])];
  // Releases before v1.1 had `r0` where `v3` is now.
  return [...new Set(paths.flatMap((path) => [path, path.replace(/^(\/_matrix\/(?:client|media))\/v3\//, '$1/r0/')]))];
}

function addRoute(
  fastify: FastifyInstance,
  server: HttpServer,
  endpoint: Endpoint,
  url: string,
  methods: readonly string[],
): void {
  // Answering in the first hook leaves Fastify the routing and nothing of the body: we read and check bytes ourselves.
  fastify.route({ url, method: [...methods] as never, onRequest: answer(server, endpoint), handler: () => {} });
}

function answer(server: HttpServer, endpoint: Endpoint) {
  return (fastifyRequest: FastifyRequest, reply: FastifyReply): void => {
    reply.hijack();
    const request = new ReceivedRequest(fastifyRequest, reply.raw, server);
    request.params = fastifyRequest.params as Record<string, string>;
    answerRequest(server, endpoint, request, reply.raw, fastifyRequest.query as string).catch((error: unknown) => {
      request.log.error({ err: error }, 'a reply could not be sent');
      reply.raw.destroy();
    });
  };
}

function sendPreflight(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.writeHead(200, { ...preflightHeaders, 'Content-Length': '2', 'Content-Type': 'application/json' });
  reply.raw.end('{}');
}

/** `{param}` as `:param`; a colon of the specification's own is doubled. */
function toFastifyPath(path: string): string {
  return path.replaceAll(':', '::').replace(/\{([^}]*)\}/g, ':$1');
}
