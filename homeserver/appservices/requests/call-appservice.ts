import { Agent as HttpAgent, type IncomingMessage, request as startHttp } from 'node:http';
import { Agent as HttpsAgent, request as startHttps } from 'node:https';
import type { Clock } from '@holdfast/effects/clock.ts';
import { type Deadline, DeadlineExceededError, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Context } from '../../platform/context.ts';
import { describeFetchError } from '../../platform/fetch-json.ts';
import type { ApplicationService } from '../registrations/application-service.ts';
import {
  type AppserviceOperation,
  appserviceOperations,
  formerPathOfOperation,
  pathOfOperation,
} from './appservice-operations.ts';

export interface AppserviceQuestion {
  readonly operation: AppserviceOperation;
  /** What stands in its path, as it is. */
  readonly parameter?: string;
  /** Percent-encoded, without the question mark. */
  readonly query?: string;
  /** JSON. */
  readonly body?: string;
  /** For all of it: connecting, sending, and the last byte of the answer. */
  readonly timeoutMs: number;
  /** Ends it early. */
  readonly signal?: AbortSignal;
}

export interface AppserviceAnswer {
  readonly status: number;
  readonly text: string;
}

/** Whatever kept a service from answering as it should; the message is for people. */
export class AppserviceError extends Error {
  readonly isTimeout: boolean;
  /** Of its answer, where there was a whole one. */
  readonly status: number | undefined;

  constructor(message: string, isTimeout = false, status?: number) {
    super(message);
    this.name = 'AppserviceError';
    this.isTimeout = isTimeout;
    this.status = status;
  }
}

const largestAnswerBytes = 1024 * 1024;

/** Who is there is connected to in less; a network that comes back finds no attempt that began long before. */
const connectTimeoutMs = 8_000;

// The connections of one service must not be taken by another one that hangs: there is no bound over all of them, and
// each service has few.
const agentOptions = { keepAlive: true, maxSockets: 20, maxFreeSockets: 4 };
const agents = { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) };

/** For how long a service that only knows the former paths is asked there first. */
const formerPathsMs = 3_600_000;

/** Until when; monotonic. */
const usesFormerPathsUntilMs = new WeakMap<ApplicationService, number>();

/**
 * Asks an application service, whose registration has a URL, at the former path where it does not know the present one.
 * Any status is an answer; redirections are not followed. Throws AppserviceError when there was none, when it was not
 * whole at the deadline, or larger than 1 MiB.
 */
export async function callAppservice(
  context: Context,
  service: ApplicationService,
  question: AppserviceQuestion,
): Promise<AppserviceAnswer> {
  const { clock } = context;
  const deadline = startDeadline(question.timeoutMs, 'the request', { clock, signal: question.signal });
  const { operation, parameter } = question;
  const path = pathOfOperation(operation, parameter);
  const formerPath = formerPathOfOperation(operation, parameter);
  const usesFormerPaths = clock.monotonicMs() < (usesFormerPathsUntilMs.get(service) ?? -Infinity);
  try {
    if (formerPath === undefined) return await exchange(clock, service, path, question, deadline);
    // Services that are so old do not look into the header.
    const former = `${formerPath}?access_token=${encodeURIComponent(service.registration.hsToken)}`;
    const [first, second] = usesFormerPaths ? [former, path] : [path, former];
    const answer = await exchange(clock, service, first, question, deadline);
    if (!isUnknownPath(answer)) return answer;
    const other = await exchange(clock, service, second, question, deadline);
    if (other.status < 200 || other.status >= 300) return answer;
    usesFormerPathsUntilMs.set(service, usesFormerPaths ? 0 : clock.monotonicMs() + formerPathsMs);
    return other;
  } catch (error) {
    if (error instanceof AppserviceError) throw error;
    const isTimeout = error instanceof DeadlineExceededError;
    const seconds = question.timeoutMs / 1000;
    throw new AppserviceError(isTimeout ? `no whole answer within ${seconds} s` : describeFetchError(error), isTimeout);
  } finally {
    deadline.finish();
  }
}

const unknownPathStatuses: ReadonlySet<number> = new Set([404, 405, 501]);

/** Whether a service does not know the path, where it has not said that there is no such user or room. */
function isUnknownPath({ status, text }: AppserviceAnswer): boolean {
  if (!unknownPathStatuses.has(status)) return false;
  const errcode = /"errcode"\s*:\s*"([^"]*)"/.exec(text)?.[1];
  return errcode === undefined || errcode === 'M_UNRECOGNIZED';
}

async function exchange(
  clock: Clock,
  { registration }: ApplicationService,
  path: string,
  question: AppserviceQuestion,
  deadline: Deadline,
): Promise<AppserviceAnswer> {
  const url = new URL(`${registration.url}${path}`);
  if (question.query) url.search += `${url.search === '' ? '' : '&'}${question.query}`;
  for (;;) {
    const sent = startRequest(url, registration.hsToken, question, deadline);
    limitConnecting(sent, clock);
    try {
      const response = await responseOf(sent);
      return { status: response.statusCode ?? 0, text: await readText(response) };
    } catch (error) {
      deadline.check();
      // An idle connection may be closed at the moment at which it is used again: then nobody has read the request.
      if (!sent.reusedSocket || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    }
  }
}

function startRequest(url: URL, hsToken: string, { operation, body }: AppserviceQuestion, deadline: Deadline) {
  const { method } = appserviceOperations[operation];
  const isHttps = url.protocol === 'https:';
  const options = {
    ...{ method, signal: deadline.signal, agent: isHttps ? agents.https : agents.http },
    headers: {
      Authorization: `Bearer ${hsToken}`,
      Accept: 'application/json',
      'User-Agent': 'Holdfast',
      ...(body !== undefined && { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }),
    },
  };
  const sent = isHttps ? startHttps(url, options) : startHttp(url, options);
  sent.end(body);
  return sent;
}

/** Ends a request that has found no connection in time: the deadline alone would wait for one that cannot come. */
function limitConnecting(sent: ReturnType<typeof startHttp>, clock: Clock): void {
  sent.once('socket', (socket) => {
    if (!socket.connecting) return;
    const seconds = connectTimeoutMs / 1000;
    const timer = clock.startTimer(connectTimeoutMs, () =>
      sent.destroy(new Error(`no connection within ${seconds} s`)),
    );
    socket.once('connect', () => timer.cancel());
    sent.once('close', () => timer.cancel());
  });
}

function responseOf(sent: ReturnType<typeof startHttp>): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Stays for as long as the request does: after the response, the response tells.
    sent.on('error', reject);
  });
}

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > largestAnswerBytes) throw new AppserviceError('its answer is larger than 1 MiB');
    chunks.push(chunk);
  }
  if (!response.complete) throw new AppserviceError('its answer was cut off');
  return Buffer.concat(chunks).toString();
}
