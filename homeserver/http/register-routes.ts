import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { answerRequest } from './answer-request.ts';
import { preflightHeaders } from './cors.ts';
import { defineEndpoint, type Endpoint } from './endpoint.ts';
import type { HttpServer } from './http-server.ts';
import { ReceivedRequest } from './received-request.ts';

const allMethods = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'TRACE'] as const;

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
export const unknownPath = defineEndpoint({
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
  const methodsByShape = new Map<string, { url: string; methods: Set<string> }>();
  for (const endpoint of endpoints) {
    for (const path of allPaths(endpoint)) {
      const url = toFastifyPath(path);
      const methods = endpoint.method === 'GET' ? ['GET', 'HEAD'] : [endpoint.method];
      addRoute(fastify, server, endpoint, url, methods);
      const shape = path.replace(/\{[^}]*\}/g, '{}');
      const known = methodsByShape.get(shape) ?? { url, methods: new Set() };
      for (const method of methods) known.methods.add(method);
      methodsByShape.set(shape, known);
    }
  }
  for (const { url, methods } of methodsByShape.values()) {
    const others = allMethods.filter((method) => !methods.has(method));
    addRoute(fastify, server, unknownMethod, url, others);
  }
  fastify.options('*', { onRequest: (_request, reply) => sendPreflight(reply) }, () => {});
  fastify.setNotFoundHandler({ preHandler: answer(server, unknownPath) }, () => {});
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
