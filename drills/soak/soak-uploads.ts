import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { DrillUser } from '../load/populate.ts';

const everyMs = 2_000;
const sizesBytes = [2_000, 40_000, 300_000];
const uploadTimeoutMs = 5_000;
const downloadTimeoutMs = 20_000;

export interface UploadVerdict {
  readonly acknowledged: number;
  readonly failedAttempts: number;
  readonly serverErrors: readonly string[];
  /** Acknowledged, and not there or with other bytes, on any process. */
  readonly lost: readonly string[];
}

export interface SoakUploads {
  /** Ends them; reads everything back over every process. */
  finish(): Promise<UploadVerdict>;
}

/** Somebody who sends files, over one process after the other. */
export function startUploads(user: DrillUser, baseUrls: readonly string[]): SoakUploads {
  const stored = new Map<string, string>();
  const serverErrors: string[] = [];
  const stopping = new AbortController();
  let failedAttempts = 0;
  const headers = { authorization: `Bearer ${user.token}` };
  const uploadOne = async (turn: number) => {
    const bytes = randomBytes(sizesBytes[turn % sizesBytes.length] ?? 0);
    const reply = await fetch(`${baseUrls[turn % baseUrls.length]}/_matrix/media/v3/upload?filename=soak.bin`, {
      ...{ method: 'POST', body: bytes, signal: AbortSignal.timeout(uploadTimeoutMs) },
      headers: { ...headers, 'content-type': 'application/octet-stream' },
    });
    const text = await reply.text();
    if (reply.status === 500) serverErrors.push(`upload: ${text}`);
    if (!reply.ok) throw new Error(text);
    stored.set((JSON.parse(text) as { content_uri: string }).content_uri, digest(bytes));
  };
  const working = (async () => {
    for (let turn = 0; !stopping.signal.aborted; turn++) {
      await uploadOne(turn).catch(() => failedAttempts++);
      await wait(everyMs, undefined, { signal: stopping.signal }).catch(() => {});
    }
  })();
  return {
    async finish() {
      stopping.abort();
      await working;
      const lost: string[] = [];
      for (const [uri, expected] of stored) {
        for (const baseUrl of baseUrls) {
          const url = `${baseUrl}/_matrix/client/v1/media/download/${uri.slice('mxc://'.length)}`;
          const found = await fetch(url, { headers, signal: AbortSignal.timeout(downloadTimeoutMs) })
            .then(async (reply) => (reply.ok ? digest(await reply.bytes()) : `${reply.status}`))
            .catch((error: Error) => error.message);
          if (found !== expected) lost.push(`${uri} on ${baseUrl}: ${found}`);
        }
      }
      return { acknowledged: stored.size, failedAttempts, serverErrors, lost };
    },
  };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
