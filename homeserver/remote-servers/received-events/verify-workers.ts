import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '@holdfast/effects/clock.ts';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import type { WorkerAnswers, WorkerCall, WorkerKind, WorkerReply, WorkerRequest } from './worker-messages.ts';

/** What a worker said of input that is no answer at all. */
export class WorkerInputError extends Error {}

/** A batch of events in some worker. */
export interface OpenedBatch {
  ask<Kind extends WorkerKind>(
    request: Extract<WorkerRequest, { readonly kind: Kind }>,
    transfer?: readonly ArrayBuffer[],
  ): Promise<WorkerAnswers[Kind]>;
  /** Forgets it, in the worker too. */
  close(): void;
}

interface PendingCall {
  resolve(answer: unknown): void;
  reject(error: Error): void;
  readonly timer: Timer;
}

interface RunningWorker {
  readonly worker: Worker;
  readonly calls: Map<number, PendingCall>;
  batches: number;
  /** It had a batch of many bytes. */
  isTired: boolean;
  /** Ends it when it has had nothing to do for a while. */
  rest: Timer | undefined;
}

const busyRetryMs = 2_000;

const mostWorkers = Math.max(1, Math.min(2, availableParallelism() - 1));
const mostBatches = 500;
/** One call on the largest reply takes seconds; beyond this the worker is broken. */
const callTimeoutMs = 120_000;
/** A worker that rests ends after this. */
const restMs = 30_000;
/** With a batch of so many bytes behind it a worker does not rest: it keeps memory that nobody else can have. */
const largeBatchBytes = 1024 * 1024;

/** Threads that verify events. Started when they are needed, and kept for as long as there is something to do. */
export class VerifyWorkers {
  readonly #clock: Clock;
  readonly #mostThreads: number;
  readonly #workers: RunningWorker[] = [];
  #nextId = 1;
  #batches = 0;
  #isClosed = false;

  constructor(clock: Clock, mostThreads: number = mostWorkers) {
    this.#clock = clock;
    this.#mostThreads = mostThreads;
  }

  /** Open batches. */
  get size(): number {
    return this.#batches;
  }

  get threads(): number {
    return this.#workers.length;
  }

  /** Throws M_LIMIT_EXCEEDED when as many batches are open as may be. */
  open(): OpenedBatch {
    if (this.#batches >= mostBatches || this.#isClosed) throw tooManyBatches();
    const running = this.#chooseWorker();
    const batch = this.#nextId++;
    let isOpen = true;
    let sizeBytes = 0;
    this.#batches++;
    running.batches++;
    running.rest?.cancel();
    return {
      ask: <Kind extends WorkerKind>(request: WorkerRequest, transfer: readonly ArrayBuffer[] = []) => {
        if (request.kind === 'add-bytes') sizeBytes += request.bytes.length;
        return this.#call(running, batch, request, transfer) as Promise<WorkerAnswers[Kind]>;
      },
      close: () => {
        if (!isOpen) return;
        isOpen = false;
        this.#batches--;
        running.batches--;
        running.isTired ||= sizeBytes > largeBatchBytes;
        this.#call(running, batch, { kind: 'drop' }, []).catch(() => {});
        if (running.batches === 0 && !this.#isClosed) this.#letRest(running);
      },
    };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#workers.map((running) => this.#end(running, lostWorker('the server closes'))));
  }

  #chooseWorker(): RunningWorker {
    const idlest = this.#workers.toSorted((left, right) => left.batches - right.batches)[0];
    if (idlest && (idlest.batches === 0 || this.#workers.length >= this.#mostThreads)) return idlest;
    const worker = new Worker(new URL('./verify-worker.ts', import.meta.url));
    worker.unref();
    const running: RunningWorker = { worker, calls: new Map(), batches: 0, isTired: false, rest: undefined };
    worker.on('message', ({ call, answer, problem }: WorkerReply) => {
      const pending = running.calls.get(call);
      running.calls.delete(call);
      pending?.timer.cancel();
      if (running.calls.size === 0) worker.unref();
      if (problem === undefined) pending?.resolve(answer);
      else pending?.reject(new WorkerInputError(problem));
    });
    worker.on('error', (error) => void this.#end(running, lostWorker(String(error))));
    worker.on('exit', () => void this.#end(running, lostWorker('the worker ended')));
    this.#workers.push(running);
    return running;
  }

  #letRest(running: RunningWorker): void {
    running.rest?.cancel();
    if (running.isTired) {
      void this.#end(running, lostWorker('it was done'));
      return;
    }
    running.rest = this.#clock.startTimer(restMs, () => {
      if (running.batches === 0) void this.#end(running, lostWorker('it had nothing to do'));
    });
  }

  #call(
    running: RunningWorker,
    batch: number,
    request: WorkerRequest,
    transfer: readonly ArrayBuffer[],
  ): Promise<unknown> {
    if (!this.#workers.includes(running)) return Promise.reject(lostWorker('the worker ended'));
    const call = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = this.#clock.startTimer(callTimeoutMs, () => {
        void this.#end(running, lostWorker('the worker does not answer'));
      });
      running.calls.set(call, { resolve, reject, timer });
      // While somebody waits, the process must not end for having nothing else to do.
      running.worker.ref();
      running.worker.postMessage({ call, batch, request } satisfies WorkerCall, transfer);
    });
  }

  /** Ends a worker; what it was asked for fails, and another one is started when it is needed. */
  async #end(running: RunningWorker, reason: Error): Promise<void> {
    const index = this.#workers.indexOf(running);
    if (index !== -1) this.#workers.splice(index, 1);
    running.rest?.cancel();
    for (const { reject, timer } of running.calls.values()) {
      timer.cancel();
      reject(reason);
    }
    running.calls.clear();
    await running.worker.terminate();
  }
}

function tooManyBatches(): MatrixError {
  const fields = { retry_after_ms: busyRetryMs };
  return new MatrixError('M_LIMIT_EXCEEDED', 'Too many events wait to be verified', { fields });
}

/** What was asked of it may be asked again. */
function lostWorker(reason: string): MatrixError {
  const fields = { retry_after_ms: busyRetryMs };
  return new MatrixError('M_UNKNOWN', `Events could not be verified: ${reason}`, { status: 503, fields });
}
