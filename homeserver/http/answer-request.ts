import type { ServerResponse } from 'node:http';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { applicationServices } from '../appservices/registrations/application-services.ts';
import type { Context } from '../platform/context.ts';
import { admitServer } from './admit-server.ts';
import { findService } from './authenticate-appservice.ts';
import { authenticateRequest } from './authenticate-request.ts';
import { checkBody } from './check-schema.ts';
import type { Endpoint, Requester, ServerRequester } from './endpoint.ts';
import { errorReply } from './error-reply.ts';
import { handleOnRecord, isAct } from './handle-on-record.ts';
import type { HttpServer } from './http-server.ts';
import { parseQuery } from './parse-query.ts';
import { addressKey } from './rate-limits.ts';
import { ClientGoneError, readJsonBody } from './read-body.ts';
import type { ReceivedRequest } from './received-request.ts';
import { MadeReply, type Reply } from './reply.ts';
import { sendReply } from './send-reply.ts';

/** A body of up to this size that nobody read is thrown away by Node.js; for more the connection is closed. */
const largestUnreadBytes = 1024 * 1024;
/** A heavy reply that somebody has not read until then is broken off: it holds others up. */
const longestHeavyMs = 10 * 60_000;

/**
 * The life of a request: who (token, account) → how often (rate limits) → what (params, query, body, each by its
 * schema) → the endpoint (what administrators change is recorded first) → reply. Another server's body is read before: its
 * signature covers it. An error at any step becomes the reply; nothing is thrown from here.
 */
export async function answerRequest(
  server: HttpServer,
  endpoint: Endpoint,
  request: ReceivedRequest,
  response: ServerResponse,
  queryText: string,
): Promise<void> {
  const startMs = server.context.clock.monotonicMs();
  let reply: Reply;
  let leave: (() => void) | undefined;
  try {
    if (endpoint.authentication === 'server') await admitServer(server, endpoint, request);
    else await admitRequest(server, endpoint, request, queryText);
    checkParams(request.params);
    if (endpoint.query) request.query = parseQuery(endpoint.query, queryText);
    if (endpoint.body) await readCheckedBody(server.context, endpoint, request);
    if (endpoint.isHeavy) leave = await enterHeavy(server, request, response);
    reply = isAct(endpoint)
      ? await handleOnRecord(server.context, endpoint, request)
      : await endpoint.handle(server.context, request);
  } catch (error) {
    if (error instanceof ClientGoneError) {
      response.destroy();
      leave?.();
      return;
    }
    reply = errorReply(error, request.log);
  }
  const keepConnection = !server.running.isClosing && isBodyOutOfTheWay(request, reply);
  const status = await sendReply(response, reply, keepConnection).finally(leave);
  server.measure(endpoint.operation, status, server.context.clock.monotonicMs() - startMs);
}

/** Waits for the turn of the server that asks; the caller calls what it gets when the reply is out. */
async function enterHeavy(
  { context, heavyReads }: HttpServer,
  { requester }: ReceivedRequest,
  response: ServerResponse,
): Promise<() => void> {
  const leave = await heavyReads.enter((requester as ServerRequester).serverName);
  const timer = context.clock.startTimer(longestHeavyMs, () => response.destroy());
  return () => {
    timer.cancel();
    leave();
  };
}

async function admitRequest(
  server: HttpServer,
  endpoint: Endpoint,
  request: ReceivedRequest,
  queryText: string,
): Promise<void> {
  let requester: Requester | undefined;
  if (endpoint.authentication !== 'none') {
    try {
      requester = await authenticateRequest(server, endpoint, request.header('authorization'), queryText);
    } catch (error) {
      // Guessing tokens is a request of its address.
      server.limits.take('request', addressKey(request.clientAddress));
      throw error;
    }
  }
  request.requester = requester;
  // An application service without a device is nowhere.
  if (requester?.deviceId) server.activity.note(requester, request.clientAddress, request.header('user-agent'));
  if (isUnlimited(server.context, request, queryText)) return;
  const key = requester?.userId ?? addressKey(request.clientAddress);
  server.limits.take('request', key);
  const { rateLimit } = endpoint;
  if (rateLimit) server.limits.take(rateLimit, key, rateLimit === 'message' ? requester?.rateOverride : undefined);
}

/** Application services are not limited unless they say so; their own sender never is. An administrator may free others. */
function isUnlimited(context: Context, request: ReceivedRequest, queryText: string): boolean {
  const requester = request.requester as Requester | undefined;
  if (requester?.rateOverride?.perSecond === 0) return true;
  const { all } = applicationServices.of(context);
  if (all.length === 0) return false;
  const service = requester ? requester.applicationService : findService(context, request, queryText);
  if (!service) return false;
  return !service.registration.isRateLimited || requester?.userId === service.senderUserId;
}

/** NUL has no place in any identifier, and PostgreSQL's text cannot hold it. */
function checkParams(params: Readonly<Record<string, string>>): void {
  for (const name in params) {
    if (params[name]?.includes('\0')) throw new MatrixError('M_INVALID_PARAM', `${name} holds a NUL character`);
  }
}

async function readCheckedBody(context: Context, endpoint: Endpoint, request: ReceivedRequest): Promise<void> {
  if (request.body === undefined) {
    const limitBytes = endpoint.bodyLimitBytes ?? context.config.limits.maxBodyBytes;
    request.body = await readJsonBody(context.clock, request.stream, limitBytes);
  }
  if (endpoint.body) checkBody(endpoint.body, request.body);
}

function isBodyOutOfTheWay(request: ReceivedRequest, reply: Reply): boolean {
  // Who was too slow once would hold the connection for as long again.
  if (reply instanceof MadeReply && reply.status === 408) return false;
  if (request.stream.complete || request.stream.method === 'GET' || request.stream.method === 'HEAD') return true;
  const announced = request.header('content-length');
  return announced !== undefined && Number(announced) <= largestUnreadBytes;
}
