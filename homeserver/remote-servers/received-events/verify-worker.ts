import { parentPort } from 'node:worker_threads';
import { ReplySyntaxError } from './split-reply.ts';
import { WorkerBatch } from './worker-batch.ts';
import type { WorkerCall, WorkerReply, WorkerRequest } from './worker-messages.ts';

// The entry of a worker thread: it answers calls, each about a batch, and takes turns between them.
const batches = new Map<number, WorkerBatch>();
const port = parentPort;

port?.on('message', ({ call, batch, request }: WorkerCall) => {
  answer(batch, request).then(
    (given) => port.postMessage({ call, answer: given } satisfies WorkerReply),
    (error: unknown) => {
      if (!(error instanceof ReplySyntaxError)) throw error;
      port.postMessage({ call, problem: error.message } satisfies WorkerReply);
    },
  );
});

async function answer(id: number, request: WorkerRequest): Promise<unknown> {
  if (request.kind === 'drop') {
    batches.delete(id);
    return null;
  }
  const batch = batches.get(id) ?? new WorkerBatch(() => new Promise((resolve) => setImmediate(resolve)));
  batches.set(id, batch);
  if (request.kind === 'examine') return batch.examine(request.version, request.events);
  if (request.kind === 'split') return batch.split(request);
  if (request.kind === 'add-bytes') return batch.addBytes(request.bytes);
  if (request.kind === 'end-bytes') return batch.endBytes();
  if (request.kind === 'judge') return batch.judge(request.keys);
  return batch.read(request.limit);
}
