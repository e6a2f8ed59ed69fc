import type { Context } from '../../platform/context.ts';
import { askServerForBytes } from '../ask-server.ts';
import { explainFailure } from '../explain-failure.ts';
import { RemoteServerError } from '../remote-server-error.ts';
import type { EventsQuestion } from './ask-server-for-events.ts';
import { readBatches } from './read-batches.ts';
import type { VerifiedEvent } from './received-event.ts';
import { findKeysForWorker, verifyWorkersOf } from './verify-received-events.ts';
import { type OpenedBatch, WorkerInputError } from './verify-workers.ts';
import type { AddedBytes } from './worker-messages.ts';

/** Events are read when so many can be, and the answer goes on when fewer can. */
const readFrom = 250;
const defaultBytes = 512 * 1024 * 1024;

/**
 * As `askServerForEvents`, for answers of which most events are authorised by `known` ones, such as a room's members: each
 * is given as soon as it is here with its authority and its keys, and the answer waits while the caller works. So only
 * what cannot be given yet is kept. `timeoutMs` covers all of that. Throws RemoteServerError, also where the first of the
 * arrays is not there, and what `verifyReceivedEvents` throws; sound events may have been given before.
 */
export async function* askServerForEventsEarly(
  context: Context,
  question: EventsQuestion,
): AsyncGenerator<readonly VerifiedEvent[]> {
  const { server, rules, arrays: arrayNames, known = [] } = question;
  const batch = verifyWorkersOf.of(context).open();
  try {
    await batch.ask({ kind: 'split', version: rules.id, arrays: arrayNames, known, isReadEarly: true });
    const keys = new KeysOnTheWay(context, batch);
    for await (const added of passAnswerOn(context, question, batch)) {
      keys.want(added);
      if (added.readable >= readFrom) yield* readBatches(batch);
    }
    const { arrays, wanted } = await batch.ask({ kind: 'end-bytes' });
    if (arrayNames[0] !== undefined && !arrays[arrayNames[0]]) {
      throw new RemoteServerError('bad-answer', server, `it did not tell ${arrayNames[0]}`);
    }
    await keys.settled();
    await batch.ask({ kind: 'judge', keys: await findKeysForWorker(context, wanted) });
    yield* readBatches(batch);
  } catch (error) {
    if (!(error instanceof WorkerInputError)) throw error;
    throw new RemoteServerError('bad-answer', server, `its answer cannot be read: ${error.message}`);
  } finally {
    batch.close();
  }
}

/** Hands the bytes to the worker as they come; the next when what came of the ones before is dealt with. */
async function* passAnswerOn(
  context: Context,
  question: EventsQuestion,
  batch: OpenedBatch,
): AsyncGenerator<AddedBytes> {
  const { body } = await askServerForBytes(context, { ...question, maxBytes: question.maxBytes ?? defaultBytes });
  const chunks = (body as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await chunks.next().catch((error: unknown) => {
        throw explainFailure(error, question.server);
      });
      if (next.done) return;
      const bytes = new Uint8Array(next.value);
      yield await batch.ask({ kind: 'add-bytes', bytes }, [bytes.buffer]);
    }
  } finally {
    body.destroy();
  }
}

/** Keys are looked for while the answer comes: those of a server that hangs hold up only what it has signed. */
class KeysOnTheWay {
  readonly #context: Context;
  readonly #batch: OpenedBatch;
  #last: Promise<void> = Promise.resolve();

  constructor(context: Context, batch: OpenedBatch) {
    this.#context = context;
    this.#batch = batch;
  }

  /** One search at a time. */
  want({ wanted }: AddedBytes): void {
    if (wanted.length === 0) return;
    const find = async () => {
      await this.#batch.ask({ kind: 'judge', keys: await findKeysForWorker(this.#context, wanted) });
    };
    // What fails here is looked for once more at the end.
    this.#last = this.#last.then(find).catch(() => {});
  }

  async settled(): Promise<void> {
    await this.#last;
  }
}
