import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '@holdfast/effects/log.ts';
import type { FastifyRequest } from 'fastify';
import type { Requester, ServerRequester } from './endpoint.ts';
import type { HttpServer } from './http-server.ts';
import type { RateLimits } from './rate-limits.ts';

/** A request on its way; what few endpoints ask for is made when it is asked for. */
export class ReceivedRequest {
  requester: Requester | ServerRequester | undefined;
  params: Readonly<Record<string, string>> = {};
  query: Readonly<Record<string, unknown>> = {};
  body: unknown;
  readonly #fastify: FastifyRequest;
  readonly #response: ServerResponse;
  readonly #server: HttpServer;
  #log: Log | undefined;
  #signal: AbortSignal | undefined;

  constructor(fastify: FastifyRequest, response: ServerResponse, server: HttpServer) {
    this.#fastify = fastify;
    this.#response = response;
    this.#server = server;
  }

  get id(): string {
    return this.#fastify.id;
  }

  get stream(): IncomingMessage {
    return this.#fastify.raw;
  }

  get queryText(): string {
    return this.#fastify.query as string;
  }

  get signal(): AbortSignal {
    this.#signal ??= this.#server.running.signalFor(this.#response);
    return this.#signal;
  }

  get log(): Log {
    this.#log ??= this.#server.context.log.child({ requestId: this.id });
    return this.#log;
  }

  get limits(): RateLimits {
    return this.#server.limits;
  }

  get clientAddress(): string {
    // A client that was gone as soon as it was there has none, and what reads X-Forwarded-For throws then.
    if (this.#fastify.raw.socket.remoteAddress === undefined) return 'gone';
    return this.#fastify.ip.slice(0, 64);
  }

  get baseUrl(): string {
    // HTTP/1.0 needs no Host.
    const host = this.#fastify.host || this.#server.context.serverName;
    return `${this.#fastify.protocol}://${host}`;
  }

  header(name: string): string | undefined {
    const value = this.#fastify.raw.headers[name];
    return Array.isArray(value) ? value[0] : value;
  }
}
