import { setTimeout as delay } from 'node:timers/promises';
import { type BenchUser } from './bench-user.ts';
import { makeRunMark, markedText, type Receiver, type RunMark, startReceiver } from './receive-marked.ts';
import { runConcurrently } from './run-concurrently.ts';
import { sampleText, seededRandomness } from './sample-text.ts';
import { sendMessage } from './send-message.ts';
import { type Summary, summarize } from './summary.ts';

/** Deliveries that are later than this after the last send mean that the server does not keep up. */
const keepUpLimitMs = 2_000;
/** A run that does not end by itself is given up so long after its last send. */
const defaultPatience = { giveUpAfterMs: 20_000, quietMs: 1_000 };

export interface DeliveryLoad {
  readonly baseUrl: string;
  readonly roomId: string;
  readonly senders: readonly BenchUser[];
  readonly receivers: readonly BenchUser[];
  readonly perSecond: number;
  readonly seconds: number;
  /** How long a run waits for what is missing, and before it for the receivers to be quiet. */
  readonly patience?: { readonly giveUpAfterMs: number; readonly quietMs: number };
}

export interface Delivery {
  readonly keepsUp: boolean;
  /** From handing a message to a sender until a receiver's reply had it, milliseconds, over all receivers. */
  readonly latencyMs: Summary;
  /** How late the generator's own clockwork was, milliseconds: above a few, the generator is what is measured. */
  readonly latenessMs: Summary;
  readonly acknowledged: number;
  /** Deliveries (message and receiver) that had not come when the run ended. */
  readonly missing: number;
}

/**
 * Sends at a fixed rate whatever the server does, while every receiver waits in /sync. A message that finds all
 * senders busy waits, and the wait counts. Throws when a receiver gets a message twice.
 */
export async function deliverAtRate(load: DeliveryLoad): Promise<Delivery> {
  const { giveUpAfterMs, quietMs } = load.patience ?? defaultPatience;
  const total = Math.round(load.perSecond * load.seconds);
  const sentMs = new Float64Array(total);
  const mark = makeRunMark();
  const book = openDeliveryBook(total, load.receivers.length, sentMs);
  const receivers: Receiver[] = await runConcurrently(load.receivers.length, 8, (index) =>
    startReceiver(load.baseUrl, load.receivers[index] as BenchUser, load.roomId, mark, (number) =>
      book.receive(index, number),
    ),
  );
  await waitUntilQuiet(receivers, quietMs, giveUpAfterMs);
  const sending = sendAtRate(load, total, mark, sentMs);
  await Promise.race([sending.done, delay(load.seconds * 1000 + giveUpAfterMs, undefined, { ref: false })]);
  const lastSentMs = performance.now();
  while (book.missing() > 0 && performance.now() - lastSentMs < giveUpAfterMs) await delay(5);
  sending.abandon();
  const acknowledged = await sending.done;
  await Promise.all(receivers.map((receiver) => receiver.stop()));
  if (book.doubled() > 0) throw new Error(`${book.doubled()} messages were delivered twice to a receiver`);
  const plannedEndMs = (sentMs[0] as number) + load.seconds * 1000;
  return {
    keepsUp: book.missing() === 0 && book.lastMs() - plannedEndMs < keepUpLimitMs,
    latencyMs: summarize(book.latenciesMs()),
    latenessMs: summarize(sending.latenessesMs),
    acknowledged,
    missing: book.missing(),
  };
}

/** Waits until all receivers really wait: coming online, they first hear of each other's presence. */
async function waitUntilQuiet(receivers: readonly Receiver[], quietMs: number, giveUpAfterMs: number): Promise<void> {
  const startedMs = performance.now();
  for (;;) {
    await delay(50);
    const nowMs = performance.now();
    const lastReplyMs = Math.max(...receivers.map((receiver) => receiver.lastReplyMs()));
    if (nowMs - Math.max(lastReplyMs, startedMs) > quietMs || nowMs - startedMs > giveUpAfterMs) return;
  }
}

interface Sending {
  /** Resolves with the number of acknowledged messages; rejects with the first refusal. */
  readonly done: Promise<number>;
  readonly latenessesMs: number[];
  /** Drops the messages that no sender has taken yet. */
  abandon(): void;
}

function sendAtRate(load: DeliveryLoad, total: number, mark: RunMark, sentMs: Float64Array): Sending {
  const random = seededRandomness(load.perSecond);
  const idle = [...load.senders];
  const latenessesMs: number[] = [];
  let queue: number[] = [];
  let abandoned = false;
  let acknowledged = 0;
  let failure: unknown;
  const underWay = new Set<Promise<void>>();

  async function sendNext(sender: BenchUser): Promise<void> {
    try {
      for (let number = queue.shift(); number !== undefined; number = queue.shift()) {
        await sendMessage(sender, load.roomId, markedText(mark, number, sampleText(random)));
        acknowledged += 1;
      }
    } catch (error) {
      failure ??= error;
      abandoned = true;
    }
    idle.push(sender);
  }

  async function run(): Promise<number> {
    const startedMs = performance.now();
    for (let number = 0; number < total && !abandoned; number += 1) {
      const dueMs = startedMs + (number * 1000) / load.perSecond;
      while (performance.now() < dueMs && !abandoned) await delay(Math.max(0, dueMs - performance.now() - 0.5));
      sentMs[number] = performance.now();
      latenessesMs.push((sentMs[number] as number) - dueMs);
      queue.push(number);
      const sender = idle.shift();
      if (sender === undefined) continue;
      const sent: Promise<void> = sendNext(sender).finally(() => underWay.delete(sent));
      underWay.add(sent);
    }
    await Promise.all(underWay);
    if (failure !== undefined) throw failure;
    return acknowledged;
  }

  return {
    done: run(),
    latenessesMs,
    abandon() {
      abandoned = true;
      queue = [];
    },
  };
}

/** Notes when which message reached which receiver. */
function openDeliveryBook(total: number, receivers: number, sentMs: Float64Array) {
  const latencies = new Float64Array(total * receivers).fill(Number.NaN);
  let missing = total * receivers;
  let doubled = 0;
  let lastMs = 0;
  return {
    receive(receiver: number, number: number): void {
      const nowMs = performance.now();
      const at = receiver * total + number;
      if (number >= total || !Number.isNaN(latencies[at])) {
        doubled += 1;
        return;
      }
      latencies[at] = nowMs - (sentMs[number] as number);
      missing -= 1;
      lastMs = nowMs;
    },
    missing: () => missing,
    doubled: () => doubled,
    lastMs: () => lastMs,
    latenciesMs: () => latencies.filter((latency) => !Number.isNaN(latency)),
  };
}
