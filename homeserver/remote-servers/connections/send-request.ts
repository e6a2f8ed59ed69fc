import type { ClientRequest, IncomingMessage } from 'node:http';
import { request as startHttps } from 'node:https';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { Route } from '../discovery/find-route.ts';
import type { AgentOptions, ServerAgent } from './server-agent.ts';

export interface HttpRequest {
  /** Connections are shared by requests with the same key. */
  readonly poolKey: string;
  readonly route: Route;
  readonly method: string;
  /** With query, percent-encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | undefined;
  /** Whether it may be sent again when the connection that carried it had been closed by the other side meanwhile. */
  readonly isRepeatable: boolean;
}

/**
 * Sends a request and gives the response, whose body is not read yet. The deadline's end breaks the connection off, the
 * body's transfer included: call `finish` of it only after the body.
 */
export async function sendRequest(
  agent: ServerAgent,
  request: HttpRequest,
  deadline: Deadline,
): Promise<IncomingMessage> {
  for (;;) {
    deadline.check();
    const sent = startRequest(agent, request, deadline);
    try {
      return await responseOf(sent);
    } catch (error) {
      deadline.check();
      // An idle connection may be closed at the moment at which it is used again: then nobody has read the request.
      const isStale = sent.reusedSocket && request.isRepeatable && isConnectionLoss(error);
      if (!isStale) throw error;
    }
  }
}

function startRequest(agent: ServerAgent, { route, body, ...given }: HttpRequest, deadline: Deadline): ClientRequest {
  const options: AgentOptions = {
    ...{ agent, route, deadline, poolKey: given.poolKey, signal: deadline.signal },
    ...{ method: given.method, path: given.path, setHost: false },
    headers: {
      Host: route.hostHeader,
      'User-Agent': 'Holdfast',
      ...given.headers,
      ...(body !== undefined && { 'Content-Length': Buffer.byteLength(body) }),
    },
  };
  const sent = startHttps(options);
  sent.end(body);
  return sent;
}

function responseOf(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve);
    // Stays for as long as the request does: after the response, the response tells.
    sent.on('error', reject);
  });
}

function isConnectionLoss(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' || code === 'EPIPE';
}
