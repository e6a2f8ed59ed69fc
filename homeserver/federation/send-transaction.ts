import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import type { Context } from '../platform/context.ts';
import { askServer } from '../remote-servers/ask-server.ts';
import type { Transaction } from './transaction.ts';

/** For all of it, the receiving server's work included. */
const transactionMs = 60_000;
const maxAnswerBytes = 256 * 1024;

export interface RefusedPdu {
  readonly eventId: string;
  readonly error: string;
}

/**
 * Sends a transaction; resolves when the other server has it, with the events that it could not take. Those are not sent
 * again: it would say the same. Throws RemoteServerError.
 * https://spec.matrix.org/v1.19/server-server-api/#put_matrixfederationv1sendtxnid
 */
export async function sendTransaction(
  context: Context,
  server: string,
  transaction: Transaction,
  signal: AbortSignal,
): Promise<RefusedPdu[]> {
  const answer = await askServer(context, {
    ...{ server, signal, bodyJson: transaction.bodyJson },
    method: 'PUT',
    path: `/_matrix/federation/v1/send/${transaction.id}`,
    timeoutMs: transactionMs,
    maxBytes: maxAnswerBytes,
  });
  return Object.entries(asObject(answer['pdus'])).flatMap(([eventId, result]) => {
    const { error } = asObject(result);
    return typeof error === 'string' ? [{ eventId: eventId.slice(0, 255), error: error.slice(0, 500) }] : [];
  });
}

function asObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
