import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { JsonObject, JsonValue } from '@holdfast/protocol/events/pdu.ts';
import { BoundedCache } from '../platform/bounded-cache.ts';
import type { Context } from '../platform/context.ts';
import { perContext } from '../platform/per-context.ts';
import { heardFrom } from '../remote-servers/back-off/back-offs.ts';
import { noted, recordOf } from './origin-records.ts';
import { originTurns } from './origin-turns.ts';
import { receiveEdu } from './receive-edu.ts';
import { receivePdus } from './receive-pdus.ts';
import { receivingMetrics } from './receiving-metrics.ts';
import { tellHeardFrom } from './tell-heard-from.ts';

export interface ReceivedTransaction {
  /** Who signed the request. */
  readonly origin: string;
  readonly transactionId: string;
  /** At most 50. */
  readonly pdus: readonly JsonValue[];
  /** Their texts, where some of their numbers may not be written as they were read. */
  readonly pduTexts?: readonly string[];
  /** At most 100. */
  readonly edus: readonly JsonValue[];
}

export interface TransactionReply {
  /** By event id: `{}`, or an error where the event was not taken. */
  readonly pdus: JsonObject;
}

const keptReplies = 2_000;

/** Transactions under way, and replies to the last ones, by origin and transaction id. */
const replies = perContext(() => new BoundedCache<string, Promise<TransactionReply>>(keptReplies));

/**
 * Takes a transaction in; resolves when all of it is committed. The same transaction again gets the same reply, also
 * while the first one is still being worked on. What was committed before a restart is recognised event by event.
 * Throws M_LIMIT_EXCEEDED when the origin sends more than its share, and 503 when this server cannot write: then nothing
 * is lost, because the sender sends it again.
 * https://spec.matrix.org/v1.19/server-server-api/#transactions
 */
export async function receiveTransaction(context: Context, given: ReceivedTransaction): Promise<TransactionReply> {
  const { origin, transactionId } = given;
  heardFrom(context, origin);
  tellHeardFrom(context, origin);
  const key = `${origin} ${transactionId}`;
  const known = replies.of(context).get(key);
  if (known) return await known;
  const reply = receiveInTurn(context, given);
  replies.of(context).set(key, reply);
  reply.catch(() => replies.of(context).delete(key));
  return await reply;
}

async function receiveInTurn(context: Context, given: ReceivedTransaction): Promise<TransactionReply> {
  const { origin, pdus, pduTexts, edus } = given;
  const turns = originTurns.of(context);
  const metrics = receivingMetrics.of(context);
  const record = recordOf(context, origin);
  const startMs = context.clock.monotonicMs();
  try {
    const reply = await turns.run(origin, async () => {
      const [results] = await Promise.all([
        receivePdus(context, origin, pdus, pduTexts),
        receiveEdus(context, origin, edus),
      ]);
      return { pdus: Object.fromEntries(results) };
    });
    record.transactions++;
    record.pdus += pdus.length;
    record.edus += edus.length;
    record.lastReceivedMs = Math.round(context.clock.wallMs());
    record.lastProblem = undefined;
    metrics.transactions.add({ result: 'received' });
    metrics.seconds.observe({}, (context.clock.monotonicMs() - startMs) / 1000);
    return reply;
  } catch (error) {
    record.lastProblem = noted(context, error instanceof Error ? error.message : 'unknown');
    metrics.transactions.add({ result: isTooMany(error) ? 'too-many' : 'failed' });
    throw error;
  }
}

function isTooMany(error: unknown): boolean {
  return error instanceof MatrixError && error.errcode === 'M_LIMIT_EXCEEDED';
}

/** EDUs of one type in their order, types side by side. */
async function receiveEdus(context: Context, origin: string, edus: readonly JsonValue[]): Promise<void> {
  const byType = Map.groupBy(edus.filter(isEdu), ({ edu_type: type }) => type);
  const metrics = receivingMetrics.of(context);
  await Promise.all(
    [...byType].map(async ([type, sameType]) => {
      for (const edu of sameType) {
        const result = await receiveEdu(context, origin, edu);
        metrics.edus.add({ type: result === 'unknown' ? 'unknown' : type, result });
      }
    }),
  );
}

function isEdu(value: JsonValue): value is { edu_type: string; content: JsonObject } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const { edu_type: type, content } = value;
  return typeof type === 'string' && typeof content === 'object' && content !== null && !Array.isArray(content);
}
