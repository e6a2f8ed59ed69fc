import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import type { Clock } from '@holdfast/effects/clock.ts';
import { type Deadline, startDeadline } from '@holdfast/effects/deadline.ts';
import type { Random } from '@holdfast/effects/random.ts';
import { describeFetchError } from '../../fetch-json.ts';
import { BackupError } from '../backup-error.ts';
import { type BucketKeys, encodePart, sha256, signRequest } from './sign-request.ts';

/** A bucket of any service that speaks S3. */
export interface BucketPlace {
  /** Such as `https://s3.eu-central-1.amazonaws.com`. */
  readonly endpoint: string;
  readonly region: string;
  readonly bucket: string;
  /** What all names in it begin with, without the last slash. */
  readonly prefix: string;
  readonly keys: BucketKeys;
  /** PEM of authorities that are believed besides those of Node.js. */
  readonly ca?: string | undefined;
}

export interface BucketRequest {
  readonly method: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';
  /** Below the prefix; undefined: the bucket itself. */
  readonly key?: string | undefined;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal | undefined;
}

export interface BucketAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
}

/** What uses a bucket is given. */
export interface Bucket {
  readonly place: BucketPlace;
  /** Sends a request, several times where that may help. Throws BackupError. */
  ask(request: BucketRequest): Promise<BucketAnswer>;
  /** As `ask`, once, and `use` gets the body as it comes, within `timeoutMs` in all. */
  stream<T>(request: BucketRequest, timeoutMs: number, use: (body: IncomingMessage) => Promise<T>): Promise<T>;
  close(): void;
}

const tries = 5;
const firstPauseMs = 300;
const answerMs = 30_000;
/** A line that is slower than this is as good as none. */
const slowestBytesPerMs = 32;
const longestText = 4 * 1024 * 1024;
const connections = 8;

export function timeoutFor(bytes: number): number {
  return answerMs + bytes / slowestBytesPerMs;
}

/** What the service said; `isLasting` where asking again does not help. */
class Refusal extends BackupError {
  readonly isLasting: boolean;

  constructor(message: string, isLasting: boolean) {
    super(message);
    this.isLasting = isLasting;
  }
}

/** Opens no connection yet. */
export function openBucket(place: BucketPlace, clock: Clock, random: Random): Bucket {
  const isTls = place.endpoint.startsWith('https:');
  const pool = { keepAlive: true, maxSockets: connections, timeout: answerMs };
  const agent = isTls ? new HttpsAgent({ ...pool, ...(place.ca && { ca: place.ca }) }) : new HttpAgent(pool);
  const once = async <T>(
    request: BucketRequest,
    timeoutMs: number,
    use: (body: IncomingMessage, deadline: Deadline) => Promise<T>,
  ): Promise<T> => {
    const deadline = startDeadline(timeoutMs, `asking ${place.endpoint}`, { clock, signal: request.signal });
    try {
      const answer = await send(place, request, agent, deadline, clock.wallMs());
      return await deadline.race(use(answer, deadline));
    } catch (error) {
      if (request.signal?.aborted || error instanceof BackupError) throw error;
      const reason: unknown = deadline.signal.aborted ? deadline.signal.reason : error;
      throw new Refusal(`${place.endpoint}: ${describeFetchError(reason)}`, false);
    } finally {
      deadline.finish();
    }
  };
  return {
    place,
    async ask(request) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await once(request, timeoutFor(request.body?.length ?? 0), readAnswer);
        } catch (error) {
          const isLasting = !(error instanceof Refusal) || error.isLasting;
          if (isLasting || attempt === tries || request.signal?.aborted) throw error;
        }
        await clock.sleep(firstPauseMs * 2 ** attempt * (0.5 + random.fraction()), request.signal);
        request.signal?.throwIfAborted();
      }
    },
    stream: (request, timeoutMs, use) =>
      once(request, timeoutMs, async (body) => {
        if (body.statusCode !== 200) await readAnswer(body);
        return use(body);
      }),
    close: () => agent.destroy(),
  };
}

function send(
  place: BucketPlace,
  { method, key, query = {}, headers = {}, body }: BucketRequest,
  agent: HttpAgent,
  { signal }: Deadline,
  nowMs: number,
): Promise<IncomingMessage> {
  const name = key === undefined ? '' : `/${encodePart(`${place.prefix}/${key}`, true)}`;
  const search = Object.entries(query).map(([param, value]) => `${encodePart(param)}=${encodePart(value)}`);
  // As text: the platform's URL would encode in its own way.
  const url = new URL(
    `${place.endpoint}/${encodePart(place.bucket)}${name}${search.length > 0 ? '?' : ''}${search.join('&')}`,
  );
  const bodySha256 = sha256(body ?? '');
  const all = signRequest({ method, url, headers, bodySha256 }, place.keys, place.region, nowMs);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sending = request(url, {
      ...{ method, agent, signal },
      headers: {
        ...all,
        ...((body || method === 'PUT' || method === 'POST') && { 'content-length': body?.length ?? 0 }),
      },
    });
    sending.once('response', resolve);
    sending.once('error', reject);
    sending.end(body);
  });
}

/** Reads a small answer whole; one that says no becomes an error. */
async function readAnswer(answer: IncomingMessage): Promise<BucketAnswer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > longestText) throw new Refusal('the bucket answers without end', true);
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  const status = answer.statusCode ?? 0;
  // Putting the parts of a file together may fail after the status has been sent.
  if (status < 300 && !/<Error>/.test(text.slice(0, 1_000))) return { status, headers: answer.headers, text };
  const code = /<Code>([^<]{1,100})<\/Code>/.exec(text)?.[1] ?? `status ${status}`;
  const message = /<Message>([^<]{1,300})<\/Message>/.exec(text)?.[1];
  const isLasting = status >= 300 && status < 500 && status !== 408 && status !== 429;
  throw new Refusal(`the bucket says ${code}${message ? `: ${message}` : ''}`, isLasting);
}
