import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import type { Context } from '../platform/context.ts';
import { backOffsOf } from './back-off/back-offs.ts';
import { connectionsOf } from './connections/connections-of.ts';
import { limitResponse, readResponse } from './connections/read-response.ts';
import { routeCaches } from './discovery/route-cache.ts';
import { explainFailure, isServerFailing } from './explain-failure.ts';
import { isServerAllowed } from './is-server-allowed.ts';
import { RemoteServerError } from './remote-server-error.ts';
import { signRequest } from './request-authentication/sign-request.ts';

export interface ServerQuestion {
  readonly server: string;
  readonly method: 'GET' | 'POST' | 'PUT';
  /** From `/_matrix/` on, percent-encoded, with its query. */
  readonly path: string;
  readonly body?: JsonObject;
  /** Instead of `body`: canonical JSON that is at hand already. */
  readonly bodyJson?: string;
  /** For all of it: finding the server, connecting, sending, and the last byte of the answer. */
  readonly timeoutMs: number;
  /** Of the answer's body; 10 MiB when left out. */
  readonly maxBytes?: number;
  /** Whether a POST may be sent twice, when a connection breaks before an answer. GET and PUT always may. */
  readonly idempotent?: boolean;
  /** Asks although the server failed a short while ago: for what a person is waiting for. */
  readonly evenWhenBackingOff?: boolean;
  /** False for what anybody may ask, such as keys: no Authorization header. */
  readonly isSigned?: boolean;
  /** Ends the question early. */
  readonly signal?: AbortSignal;
}

export interface ServerAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Breaks when the answer is larger than `maxBytes`, or not whole at the deadline. */
  readonly body: Readable;
}

const defaultAnswerBytes = 10 * 1024 * 1024;
const errorAnswerBytes = 64 * 1024;

/**
 * Sends a signed request to another server and gives the JSON object that it answers with. Throws RemoteServerError.
 * https://spec.matrix.org/v1.19/server-server-api/#api-standards
 */
export async function askServer(context: Context, question: ServerQuestion): Promise<JsonObject> {
  return ask(context, question, async (response, deadline) => {
    const bytes = await readResponse(response, question.maxBytes ?? defaultAnswerBytes, deadline);
    deadline.finish();
    const parsed = parseJsonObject(bytes);
    if (parsed.problem === undefined) return parsed.value;
    throw new RemoteServerError('bad-answer', question.server, `its answer cannot be read: ${parsed.problem.message}`);
  });
}

/**
 * As `askServer`, for answers that are no JSON or too large to be read at once. The body is the caller's to read or to
 * destroy. A redirection is given as it is.
 */
export async function askServerForBytes(context: Context, question: ServerQuestion): Promise<ServerAnswer> {
  return ask(context, question, async (response, deadline) => {
    const body = limitResponse(response, question.maxBytes ?? defaultAnswerBytes);
    body.once('close', () => deadline.finish());
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  });
}

async function ask<T>(
  context: Context,
  question: ServerQuestion,
  read: (response: IncomingMessage, deadline: Deadline) => Promise<T>,
): Promise<T> {
  const { server, timeoutMs, signal } = question;
  const backOffs = backOffsOf.of(context);
  checkMayAsk(context, question);
  const isProbe = backOffs.status(server) !== undefined;
  if (isProbe) backOffs.startProbe(server);
  const deadline = startDeadline(timeoutMs, `asking ${server}`, { clock: context.clock, signal });
  try {
    const response = await send(context, question, isProbe, deadline);
    const status = response.statusCode ?? 0;
    if (status >= 400) await refuse(response, server, deadline);
    const answer = await read(response, deadline);
    backOffs.heard(server);
    return answer;
  } catch (error) {
    deadline.finish();
    const failure = explainFailure(error, server);
    noteFailure(context, failure, signal?.aborted ?? false);
    throw failure;
  }
}

function noteFailure(context: Context, failure: RemoteServerError, isGivenUp: boolean): void {
  const { serverName, kind, message } = failure;
  const backOffs = backOffsOf.of(context);
  if (isServerFailing(failure) && !isGivenUp) {
    routeCaches.of(context).forget(serverName);
    backOffs.failed(serverName, message);
  } else if (kind === 'refused' || kind === 'bad-answer') backOffs.heard(serverName);
  else backOffs.endProbe(serverName);
}

function checkMayAsk(context: Context, { server, evenWhenBackingOff }: ServerQuestion): void {
  if (!isServerAllowed(context, server)) {
    throw new RemoteServerError('not-allowed', server, 'this server does not deal with it');
  }
  const status = backOffsOf.of(context).status(server);
  if (!status || status.retryInMs === 0 || evenWhenBackingOff) return;
  const seconds = Math.ceil(status.retryInMs / 1000);
  const text = `it failed, and is asked again in ${seconds} s: ${status.lastError}`;
  throw new RemoteServerError('backing-off', server, text);
}

async function send(
  context: Context,
  question: ServerQuestion,
  isProbe: boolean,
  deadline: Deadline,
): Promise<IncomingMessage> {
  const { server, method, path, body, bodyJson, isSigned = true, idempotent } = question;
  const route = await routeCaches.of(context).find(server, deadline);
  // Rooms of old versions have numbers that only lax canonical JSON can say.
  const contentJson = bodyJson ?? (body && encodeCanonicalJson(body, { strict: false }));
  const signed = { method, uri: path, origin: context.serverName, destination: server, contentJson };
  const headers = {
    Accept: 'application/json',
    ...(isSigned && { Authorization: signRequest(signed, context.signingKey) }),
    ...(contentJson !== undefined && { 'Content-Type': 'application/json' }),
  };
  const isRepeatable = method !== 'POST' || idempotent === true;
  const request = { poolKey: server, route, method, path, headers, body: contentJson, isRepeatable };
  // What strangers can make us ask, such as keys, must not take the place of the rest.
  return connectionsOf.of(context).send(request, isProbe || !isSigned, deadline);
}

/** Throws what a server means by an error status. */
async function refuse(response: IncomingMessage, server: string, deadline: Deadline): Promise<never> {
  const status = response.statusCode ?? 0;
  const bytes = await readResponse(response, errorAnswerBytes, deadline).catch(() => new Uint8Array(0));
  const { errcode, error } = parseJsonObject(bytes).value ?? {};
  const errorText = typeof error === 'string' ? error.slice(0, 500) : undefined;
  const text = errorText === undefined ? '' : `: ${errorText}`;
  const code = typeof errcode === 'string' ? errcode.slice(0, 100) : undefined;
  throw new RemoteServerError('refused', server, `it answered with ${status}${code ? ` ${code}` : ''}${text}`, {
    ...{ status, errcode: code, errorText },
  });
}
