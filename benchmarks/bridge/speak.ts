import { setTimeout as delay } from 'node:timers/promises';
import { markedText, type RunMark } from '../load/receive-marked.ts';
import { sampleText, seededRandomness } from '../load/sample-text.ts';
import { sendMessage } from '../load/send-message.ts';
import type { Speaker } from './appservice-rooms.ts';
import type { DeliveryBook } from './delivery-book.ts';

/** Where numbered messages come from. */
export interface Speech {
  readonly speakers: readonly Speaker[];
  readonly mark: RunMark;
  readonly book: DeliveryBook;
}

/** Each speaks as fast as it is acknowledged, while it may. */
export async function speakWhile({ speakers, mark, book }: Speech, mayGoOn: () => boolean): Promise<void> {
  const run = async ({ user, roomId }: Speaker, index: number) => {
    const random = seededRandomness(index + 1);
    while (mayGoOn()) await sendMessage(user, roomId, markedText(mark, book.send(index), sampleText(random)));
  };
  await Promise.all(speakers.map(run));
}

/**
 * They speak in turn at a rate, whatever the server does; who is due while its last message is under way speaks after
 * it, and the wait counts.
 */
export async function speakAtRate(
  { speakers, mark, book }: Speech,
  { perSecond, seconds }: { readonly perSecond: number; readonly seconds: number },
): Promise<void> {
  const random = seededRandomness(perSecond);
  const last: Promise<unknown>[] = speakers.map(async () => {});
  await atRate({ perSecond, count: Math.round(perSecond * seconds) }, (turn) => {
    const index = turn % speakers.length;
    const { user, roomId } = speakers[index] as Speaker;
    const text = markedText(mark, book.send(index), sampleText(random));
    const sent = (last[index] as Promise<unknown>).then(() => sendMessage(user, roomId, text));
    sent.catch(() => {});
    last[index] = sent;
  });
  await Promise.all(last);
}

/** Calls for each turn when it is due. */
export async function atRate(
  { perSecond, count }: { readonly perSecond: number; readonly count: number },
  act: (turn: number) => void,
): Promise<void> {
  const startMs = performance.now();
  for (let turn = 0; turn < count; turn++) {
    const dueMs = startMs + (turn * 1000) / perSecond;
    while (performance.now() < dueMs) await delay(Math.max(0, dueMs - performance.now() - 0.5));
    act(turn);
  }
}
