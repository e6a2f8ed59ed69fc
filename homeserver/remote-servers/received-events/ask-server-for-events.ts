import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import type { RoomVersionRules } from '@holdfast/protocol/room-versions/room-version.ts';
import type { Context } from '../../platform/context.ts';
import { askServerForBytes, type ServerQuestion } from '../ask-server.ts';
import { explainFailure } from '../explain-failure.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import { readBatches } from './read-batches.ts';
import type { VerifiedEvent } from './received-event.ts';
import type { RefusedEvents } from './reply-events.ts';
import { findKeysForWorker, verifyWorkersOf } from './verify-received-events.ts';
import { type OpenedBatch, WorkerInputError } from './verify-workers.ts';

export interface EventsQuestion extends ServerQuestion {
  readonly rules: RoomVersionRules;
  /** Members of the answer that are arrays of events, such as `state` and `auth_chain`. */
  readonly arrays: readonly string[];
  /** Ids of events that are here already: they are not verified again, nor given. */
  readonly known?: readonly string[];
}

export interface EventsReply {
  /** The other members of the answer. */
  readonly members: JsonObject;
  /** The ids of the events of each array that was there, in its order; those that are not sound among them. */
  readonly arrays: Readonly<Record<string, readonly string[]>>;
  /**
   * The sound events of all arrays that are not known, each once, auth events before what they authorise. To be gone through once: they are
   * verified while the ones before are worked off.
   */
  batches(): AsyncGenerator<readonly VerifiedEvent[]>;
  /** Those that were dropped, up to the batch that was given last. */
  refused(): RefusedEvents;
  /** Frees what is left of it. */
  close(): void;
}

const defaultBytes = 512 * 1024 * 1024;

/**
 * As `askServer`, for answers of tens of thousands of events: they are parsed and verified in another thread while
 * this one goes on, and given in batches. `timeoutMs` covers the answer, not the verification. Throws RemoteServerError,
 * and what `verifyReceivedEvents` throws. The caller closes the reply.
 */
export async function askServerForEvents(context: Context, question: EventsQuestion): Promise<EventsReply> {
  const { server, rules, arrays: arrayNames, known = [] } = question;
  const batch = verifyWorkersOf.of(context).open();
  try {
    // The thread may have to start first: the other server is asked meanwhile.
    const splitting = batch.ask({ kind: 'split', version: rules.id, arrays: arrayNames, known });
    await Promise.all([splitting, passAnswerOn(context, question, batch)]);
    const { members, arrays, wanted } = await batch.ask({ kind: 'end-bytes' });
    await batch.ask({ kind: 'judge', keys: await findKeysForWorker(context, wanted) });
    let refused: RefusedEvents = { count: 0, examples: [] };
    return {
      ...{ members, arrays, refused: () => refused, close: () => batch.close() },
      async *batches() {
        yield* readBatches(batch, (refusedSoFar) => (refused = refusedSoFar));
        batch.close();
      },
    };
  } catch (error) {
    batch.close();
    if (!(error instanceof WorkerInputError)) throw error;
    throw new RemoteServerError('bad-answer', server, `its answer cannot be read: ${error.message}`);
  }
}

/** Hands the bytes to the worker as they come. */
async function passAnswerOn(context: Context, question: EventsQuestion, batch: OpenedBatch): Promise<void> {
  const { body } = await askServerForBytes(context, { maxBytes: defaultBytes, ...question });
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      // A copy with memory of its own, which changes hands without being copied again.
      const bytes = new Uint8Array(chunk);
      await batch.ask({ kind: 'add-bytes', bytes }, [bytes.buffer]);
    }
  } catch (error) {
    throw explainFailure(error, question.server);
  }
}
