import { setTimeout as wait } from 'node:timers/promises';
import type { Attempt } from '../checker/history.ts';
import type { DrillUser } from '../load/populate.ts';
import { sendRequest } from '../load/send-request.ts';

/** A bot answers each message whose number ends with this. */
const wanted = / \d*7$/;
const longPollMs = 2_000;
const syncTimeoutMs = 5_000;
const sendTimeoutMs = 3_000;
const pauseMs = 200;
/** What it is about to say when it is stopped is tried for so long. */
const finishMs = 20_000;

export interface SoakBot {
  readonly attempts: readonly Attempt[];
  readonly serverErrors: readonly string[];
  stop(): Promise<void>;
}

interface BotEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: { readonly body?: string };
}

/**
 * Follows its rooms by /sync and answers some messages, each once: an answer's transaction id is made of the message's
 * event id, so that whoever restarts a bot or a server in between gets no second one.
 */
export function startBot(user: DrillUser, baseUrls: readonly string[]): SoakBot {
  const attempts: Attempt[] = [];
  const serverErrors: string[] = [];
  let stoppedMs: number | undefined;
  let turn = 0;
  let since: string | undefined;
  const ask = async (method: string, path: string, timeoutMs: number, body?: unknown) => {
    const url = `${baseUrls[turn % baseUrls.length]}/_matrix/client/v3${path}`;
    const reply = await sendRequest(url, method, { token: user.token, timeoutMs, body });
    if (reply.status === 500) serverErrors.push(`bot, ${method}: ${JSON.stringify(reply.body)}`);
    return reply;
  };
  const answer = async (roomId: string, eventId: string) => {
    const transaction = `answer-${eventId.slice(1)}`;
    const body = `bot on ${eventId}`;
    const path = `/rooms/${encodeURIComponent(roomId)}/send/m.room.message/${encodeURIComponent(transaction)}`;
    const note = (told: Attempt['told']) =>
      attempts.push({ transaction: `${user.userId} ${transaction}`, roomId, body, told });
    while (stoppedMs === undefined || performance.now() - stoppedMs < finishMs) {
      try {
        const reply = await ask('PUT', path, sendTimeoutMs, { msgtype: 'm.notice', body });
        if (reply.status === 200) {
          note({ kind: 'acknowledged', eventId: reply.body.event_id as string, atMs: performance.now() });
          return;
        }
        note({ kind: 'unknown', reason: `${reply.status} ${JSON.stringify(reply.body)}` });
      } catch (error) {
        note({ kind: 'unknown', reason: (error as Error).message });
      }
      turn++;
      await wait(pauseMs);
    }
  };
  const syncOnce = async () => {
    const filter = JSON.stringify({ room: { timeline: { limit: 100, types: ['m.room.message'] } } });
    const query = new URLSearchParams({ filter, timeout: String(longPollMs), ...(since !== undefined && { since }) });
    const reply = await ask('GET', `/sync?${query.toString()}`, syncTimeoutMs);
    if (reply.status !== 200) throw new Error(`/sync: ${reply.status}`);
    const isFirst = since === undefined;
    since = reply.body.next_batch as string;
    if (isFirst) return;
    const joined = (reply.body.rooms?.join ?? {}) as Record<string, { timeline?: { events?: BotEvent[] } }>;
    for (const [roomId, { timeline }] of Object.entries(joined)) {
      for (const { event_id: eventId, sender, content } of timeline?.events ?? []) {
        if (sender !== user.userId && wanted.test(content.body ?? '')) await answer(roomId, eventId);
      }
    }
  };
  const working = (async () => {
    while (stoppedMs === undefined) {
      await syncOnce().catch(async () => {
        turn++;
        await wait(pauseMs);
      });
    }
  })();
  return {
    ...{ attempts, serverErrors },
    async stop() {
      stoppedMs = performance.now();
      await working;
    },
  };
}
