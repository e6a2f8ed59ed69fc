import type { FindVerifyKey } from '@holdfast/protocol/events/verify-event-signatures.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { type PerContext, perContext } from '../../platform/per-context.ts';
import type { WantedKey } from '../keys/key-ring.ts';
import { keyRings } from '../keys/key-rings.ts';
import { EventBatch, type EventVerdict } from './event-batch.ts';
import { type JudgedEvent, type ReceivedEventInput, VerifiedEvent } from './received-event.ts';
import { VerifyWorkers } from './verify-workers.ts';
import type { FoundKey } from './worker-messages.ts';

/** Up to so many are verified at once: handing them to a thread would cost as much. */
const mostInline = 4;

export const verifyWorkersOf: PerContext<Context, VerifyWorkers> = perContext((context) => {
  const workers = new VerifyWorkers(context.clock);
  context.metrics.observedGauge({
    name: 'holdfast_received_batches_verifying',
    help: 'Batches of events of other servers that are being verified; 500 at most.',
    read: () => workers.size,
  });
  context.metrics.observedGauge({
    name: 'holdfast_verify_threads',
    help: 'Threads that verify events of other servers; 2 at most, and none after a while with nothing to do.',
    read: () => workers.threads,
  });
  return workers;
});

/**
 * Verifies events of other servers: form, sizes, signatures (with keys that are fetched where they are not known), and
 * the content hash, without which an event is redacted. Gives a verdict for each, in their order. Few are verified at
 * once, more in a thread of their own. Throws
 * M_LIMIT_EXCEEDED when too many wait, M_UNKNOWN with status 503 when the thread is lost.
 * https://spec.matrix.org/v1.19/server-server-api/#checks-performed-on-receipt-of-a-pdu
 */
export async function verifyReceivedEvents(
  context: Context,
  rules: RoomVersionRules,
  events: readonly ReceivedEventInput[],
): Promise<JudgedEvent[]> {
  const verdicts =
    events.length <= mostInline
      ? await verifyInline(context, rules, events)
      : await verifyInWorker(context, rules, events);
  return verdicts.map(toJudgedEvent);
}

async function verifyInline(
  context: Context,
  rules: RoomVersionRules,
  events: readonly ReceivedEventInput[],
): Promise<EventVerdict[]> {
  const batch = new EventBatch(rules);
  for (const event of events) batch.examine(event);
  const findKey = await keyRings.of(context).find(batch.wantedKeys());
  return events.map((_, index) => batch.judge(index, findKey));
}

async function verifyInWorker(
  context: Context,
  rules: RoomVersionRules,
  events: readonly ReceivedEventInput[],
): Promise<readonly EventVerdict[]> {
  const batch = verifyWorkersOf.of(context).open();
  try {
    const wanted = await batch.ask({ kind: 'examine', version: rules.id, events });
    const keys = await findKeysForWorker(context, wanted);
    return await batch.ask({ kind: 'judge', keys });
  } finally {
    batch.close();
  }
}

/** The keys that a worker has asked for, as far as they can be had. */
export async function findKeysForWorker(context: Context, wanted: readonly WantedKey[]): Promise<FoundKey[]> {
  const findKey: FindVerifyKey = await keyRings.of(context).find(wanted);
  return wanted.flatMap(({ serverName, keyId }) => {
    const key = findKey(serverName, keyId);
    return key ? [[serverName, keyId, key] as const] : [];
  });
}

function toJudgedEvent(verdict: EventVerdict): JudgedEvent {
  return verdict.problem === undefined ? new VerifiedEvent(verdict.eventId, verdict.pduJson) : verdict;
}
