import type { IncomingMessage } from 'node:http';
import type { Clock } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';

/** A JSON body that has not arrived by then never will. */
const bodyTimeoutMs = 30_000;
/** So much more of a body that is too large is thrown away, so that its sender can read our answer. */
const largestDiscardBytes = 16 * 1024 * 1024;
const empty = new Uint8Array(0);

/**
 * The JSON object of a request. The media type is not looked at (old clients send none or a wrong one); an empty body
 * counts as `{}`. Throws M_NOT_JSON, M_BAD_JSON, M_TOO_LARGE, or M_UNKNOWN with status 408.
 */
export async function readJsonBody(clock: Clock, incoming: IncomingMessage, limitBytes: number): Promise<JsonObject> {
  return parseJsonBody(await readBody(clock, incoming, limitBytes));
}

/** The JSON object that a body is; an empty one counts as `{}`. Throws M_NOT_JSON or M_BAD_JSON. */
export function parseJsonBody(bytes: Uint8Array): JsonObject {
  if (bytes.length === 0) return {};
  const parsed = parseJsonObject(bytes);
  if (parsed.problem === undefined) return parsed.value;
  throw new MatrixError(parsed.problem.kind === 'not-an-object' ? 'M_BAD_JSON' : 'M_NOT_JSON', parsed.problem.message);
}

/** The whole body as bytes. Events and not iteration: this is on the path of every message. */
export function readBody(clock: Clock, incoming: IncomingMessage, limitBytes: number): Promise<Uint8Array> {
  if (incoming.headers['content-length'] === '0') return Promise.resolve(empty);
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const timer = clock.startTimer(bodyTimeoutMs, () => finish(tooSlow()));
    const finish = (error?: Error) => {
      timer.cancel();
      incoming.off('data', take).off('end', end).off('close', goneAway).off('error', goneAway);
      // Errors after this moment have nobody else to go to.
      if (error) incoming.on('error', () => {});
      const problem = error ?? (sizeBytes > limitBytes ? tooLarge(limitBytes) : undefined);
      if (problem) reject(problem);
      else resolve(joinChunks(chunks));
    };
    const end = () => finish();
    const goneAway = () => finish(new ClientGoneError());
    const take = (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes <= limitBytes) chunks.push(chunk);
      else if (sizeBytes > limitBytes + largestDiscardBytes) finish(tooLarge(limitBytes));
      else chunks.length = 0;
    };
    incoming.on('data', take).on('end', end).on('close', goneAway).on('error', goneAway);
  });
}

/** The client closed its connection before its request was whole; nobody is there to be answered. */
export class ClientGoneError extends Error {}

function joinChunks(chunks: readonly Buffer[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

function tooLarge(limitBytes: number): MatrixError {
  return new MatrixError('M_TOO_LARGE', `The body is larger than ${limitBytes} bytes`);
}

function tooSlow(): MatrixError {
  return new MatrixError('M_UNKNOWN', 'The body did not arrive in time', { status: 408 });
}
