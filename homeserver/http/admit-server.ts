import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { encodeCanonicalJson } from '@holdfast/protocol/json/canonical-json.ts';
import { noteRefusedRequest } from '../federation/origin-records.ts';
import type { Context } from '../platform/context.ts';
import { heardFrom } from '../remote-servers/back-off/back-offs.ts';
import { authenticateOrigin, readOrigin } from '../remote-servers/request-authentication/authenticate-origin.ts';
import { parseXMatrix } from '../remote-servers/request-authentication/parse-x-matrix.ts';
import type { Endpoint } from './endpoint.ts';
import { noteExactBody } from './exact-bodies.ts';
import type { HttpServer } from './http-server.ts';
import { addressKey } from './rate-limits.ts';
import { parseJsonBody, readBody } from './read-body.ts';
import type { ReceivedRequest } from './received-request.ts';

/**
 * Lets in a request that another server signed: what the header says → the body → the signature over both → how often.
 * The request then has its requester and its body. Throws M_UNAUTHORIZED, M_FORBIDDEN, M_LIMIT_EXCEEDED, and what
 * reading a body throws.
 */
export async function admitServer(server: HttpServer, endpoint: Endpoint, request: ReceivedRequest): Promise<void> {
  const { context, limits } = server;
  const { method = '', url = '' } = request.stream;
  try {
    const parameters = readOrigin(context, request.header('authorization'));
    const contentJson = endpoint.body ? await readContent(server, endpoint, request) : undefined;
    await authenticateOrigin(context, parameters, { method, uri: url, contentJson });
    heardFrom(context, parameters.origin);
    limits.take('otherServer', parameters.origin);
    request.requester = { serverName: parameters.origin };
  } catch (error) {
    // What nobody has signed is a request of its address.
    if (!request.requester) limits.take('request', addressKey(request.clientAddress));
    noteRefusal(context, request, error);
    throw error;
  }
}

/** For the person who asks why a server does not get through. */
function noteRefusal(context: Context, request: ReceivedRequest, error: unknown): void {
  if (!(error instanceof MatrixError) || error.status >= 500) return;
  const claimed = parseXMatrix(request.header('authorization') ?? '')?.origin;
  if (claimed !== undefined) noteRefusedRequest(context, claimed, error.message);
}

/** Reads the body into the request; gives its canonical JSON, which is what the signature covers. */
async function readContent(
  { context }: HttpServer,
  endpoint: Endpoint,
  request: ReceivedRequest,
): Promise<string | undefined> {
  const limitBytes = endpoint.bodyLimitBytes ?? context.config.limits.maxBodyBytes;
  const bytes = await readBody(context.clock, request.stream, limitBytes);
  const body = parseJsonBody(bytes);
  request.body = body;
  return bytes.length === 0 ? undefined : canonicalBody(noteExactBody(bytes, body));
}

function canonicalBody(body: JsonObject): string {
  try {
    // Events of old rooms may hold numbers that strict canonical JSON does not have.
    return encodeCanonicalJson(body, { strict: false });
  } catch {
    throw new MatrixError('M_BAD_JSON', 'The body holds a number that no JSON can have');
  }
}
