import { type BenchUser } from './bench-user.ts';
import { openHttpConnection } from './http-connection.ts';
import { requestJson, textMember, UnexpectedReply } from './request-json.ts';

const numberDigits = 8;
const nextBatchBytes = Buffer.from('"next_batch":');
const limitedBytes = Buffer.from('"limited":true');
const waitMs = 30_000;
const filter = { room: { timeline: { limit: 500 } } };

/** What one run's messages begin with: a first /sync may be a remembered one, so older runs' messages come again. */
export type RunMark = Buffer;

let runCount = 0;

export function makeRunMark(): RunMark {
  runCount += 1;
  return Buffer.from(`hfbench${runCount}:`);
}

/** A message's text that a receiver recognises without parsing JSON. */
export function markedText(mark: RunMark, number: number, text: string): string {
  return `${mark.toString('latin1')}${String(number).padStart(numberDigits, '0')} ${text}`;
}

/** Calls back with the number of each of the run's texts in a reply, in order. */
export function findMarks(body: Buffer, mark: RunMark, found: (number: number) => void): void {
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    const start = at + mark.length;
    found(Number(body.toString('latin1', start, start + numberDigits)));
  }
}

/** The `next_batch` of a /sync reply, found without parsing the whole. */
export function readNextBatch(body: Buffer): string {
  const at = body.indexOf(nextBatchBytes);
  if (at >= 0) {
    const start = body.indexOf(0x22, at + nextBatchBytes.length) + 1;
    const token = body.toString('latin1', start, body.indexOf(0x22, start));
    if (token.length > 0 && !token.includes('\\')) return token;
  }
  const { next_batch: token } = JSON.parse(body.toString('utf8')) as { next_batch?: string };
  if (token === undefined) throw new Error('a /sync reply without next_batch');
  return token;
}

/** A user that waits in /sync all the time. */
export interface Receiver {
  /** When its last /sync was answered, by performance.now(). */
  lastReplyMs(): number;
  /** Ends the waiting /sync and the connection. Rejects with the error that ended the loop early, if any did. */
  stop(): Promise<void>;
}

/**
 * Starts a loop of long-polling /sync on a connection of its own and resolves when the first wait can begin.
 * `received` gets the number of each marked message. When a timeline was cut, the gap is read through /messages,
 * as a client does.
 */
export async function startReceiver(
  baseUrl: string,
  user: BenchUser,
  roomId: string,
  mark: RunMark,
  received: (number: number) => void,
): Promise<Receiver> {
  const connection = openHttpConnection(baseUrl);
  let stopped = false;
  let lastReplyMs = 0;

  async function sync(since: string | undefined): Promise<Buffer> {
    const path = `/_matrix/client/v3/sync?filter=${filterId}&timeout=${since === undefined ? 0 : waitMs}${
      since === undefined ? '' : `&since=${encodeURIComponent(since)}`
    }`;
    const reply = await connection.request('GET', path, { token: user.token });
    if (reply.status !== 200) throw new UnexpectedReply('GET', path, reply);
    lastReplyMs = performance.now();
    return reply.body;
  }

  async function receiveForever(first: string): Promise<void> {
    for (let since = first; !stopped; ) {
      const body = await sync(since);
      if (body.includes(limitedBytes)) await readGap(body, since);
      findMarks(body, mark, received);
      since = readNextBatch(body);
    }
  }

  async function readGap(body: Buffer, since: string): Promise<void> {
    const reply = JSON.parse(body.toString('utf8')) as SyncReply;
    const timeline = reply.rooms?.join?.[roomId]?.timeline;
    let from: string | undefined = timeline?.limited === true ? timeline.prev_batch : undefined;
    while (from !== undefined && !stopped) {
      const query = new URLSearchParams({ dir: 'b', limit: '500', from, to: since });
      const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/messages?${query.toString()}`;
      const page = await requestJson(connection, 'GET', path, { token: user.token });
      findMarks(Buffer.from(JSON.stringify(page.chunk)), mark, received);
      from = (page.chunk as unknown[]).length === 0 ? undefined : (page.end as string | undefined);
    }
  }

  // Stored once, as clients do: a server may spend long on checking one that comes with every request.
  const filterPath = `/_matrix/client/v3/user/${encodeURIComponent(user.userId)}/filter`;
  const stored = await requestJson(connection, 'POST', filterPath, { token: user.token, body: filter });
  const filterId = encodeURIComponent(textMember(stored, 'filter_id'));
  const first = readNextBatch(await sync(undefined));
  let failure: Error | undefined;
  const loop = receiveForever(first).catch((error: Error) => {
    if (!stopped) failure = error;
  });
  return {
    lastReplyMs: () => lastReplyMs,
    async stop() {
      stopped = true;
      connection.close();
      await loop;
      if (failure !== undefined) throw failure;
    },
  };
}

interface SyncReply {
  rooms?: { join?: Record<string, { timeline?: { limited?: boolean; prev_batch?: string } }> };
}
