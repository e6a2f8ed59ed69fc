import { setTimeout as delay } from 'node:timers/promises';
import type { TestUser } from '@holdfast/homeserver/testing/test-user.ts';

/** How long messages in a room took that the hostile server has nothing to do with. */
export interface Spoken {
  readonly tookMs: readonly number[];
  readonly problems: readonly string[];
}

const speakEveryMs = 500;
const quietTurns = 20;
/** Nothing may take longer than this. */
const slowestSendMs = 5_000;
/** Under attack half of the messages may take as much longer than before, or this. */
const slowerAtMost = 20;
const alwaysFineMs = 250;

/** Speaks while nothing else happens. */
export async function speakInQuiet(user: TestUser, roomId: string): Promise<Spoken> {
  const tookMs: number[] = [];
  const problems: string[] = [];
  for (let turn = 0; turn < quietTurns; turn++) await speak(user, roomId, `q${turn}`, { tookMs, problems });
  return { tookMs, problems };
}

/** Speaks every so often until `signal` says that it is over. */
export async function speakMeanwhile(user: TestUser, roomId: string, signal: AbortSignal): Promise<Spoken> {
  const tookMs: number[] = [];
  const problems: string[] = [];
  for (let turn = 0; !signal.aborted; turn++) {
    await speak(user, roomId, `s${turn}`, { tookMs, problems });
    await delay(speakEveryMs, undefined, { signal }).catch(() => undefined);
  }
  return { tookMs, problems };
}

/** What is wrong with how it went, compared with how it goes in quiet. */
export function judgeSpeed(quiet: Spoken, meanwhile: Spoken): string[] {
  const problems = [...quiet.problems, ...meanwhile.problems];
  const [before, during] = [median(quiet.tookMs), median(meanwhile.tookMs)];
  if (during > alwaysFineMs && during > slowerAtMost * before) {
    problems.push(
      `half of the messages in another room took ${during.toFixed(0)} ms, before it was ${before.toFixed(0)}`,
    );
  }
  return problems;
}

export function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0;
}

async function speak(
  user: TestUser,
  roomId: string,
  id: string,
  into: { readonly tookMs: number[]; readonly problems: string[] },
): Promise<void> {
  const startMs = performance.now();
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${id}`;
  const reply = await user.send('PUT', path, { body: { msgtype: 'm.text', body: id } }).catch(() => undefined);
  const tookMs = performance.now() - startMs;
  into.tookMs.push(tookMs);
  if (reply?.status !== 200) into.problems.push(`a message in another room was answered with ${reply?.status}`);
  else if (tookMs > slowestSendMs) into.problems.push(`a message in another room took ${Math.round(tookMs)} ms`);
}
