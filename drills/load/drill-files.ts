import { createHash, randomBytes } from 'node:crypto';
import type { DrillUser } from './populate.ts';

const timeoutMs = 20_000;

/** Files that somebody has uploaded, and what they held. */
export interface DrillFiles {
  /** Uploads so many; gives the SHA-256 of each. Throws where one is refused. */
  upload(count: number, sizeBytes: number): Promise<string[]>;
  readonly count: number;
  /** What is not there, or has other bytes, and why. */
  findLost(): Promise<string[]>;
}

export function keepFiles(user: DrillUser, baseUrl: string): DrillFiles {
  const stored = new Map<string, string>();
  const headers = { authorization: `Bearer ${user.token}` };
  return {
    get count() {
      return stored.size;
    },
    async upload(count, sizeBytes) {
      const hashes: string[] = [];
      for (let index = 0; index < count; index++) {
        const bytes = randomBytes(sizeBytes);
        const reply = await fetch(`${baseUrl}/_matrix/media/v3/upload?filename=drill.bin`, {
          ...{ method: 'POST', body: bytes, signal: AbortSignal.timeout(timeoutMs) },
          headers: { ...headers, 'content-type': 'application/octet-stream' },
        });
        const text = await reply.text();
        if (!reply.ok) throw new Error(`an upload was refused: ${text}`);
        const hash = digest(bytes);
        stored.set((JSON.parse(text) as { content_uri: string }).content_uri, hash);
        hashes.push(hash);
      }
      return hashes;
    },
    async findLost() {
      const lost: string[] = [];
      for (const [uri, expected] of stored) {
        const url = `${baseUrl}/_matrix/client/v1/media/download/${uri.slice('mxc://'.length)}`;
        const found = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) })
          .then(async (reply) => (reply.ok ? digest(await reply.bytes()) : `${reply.status}`))
          .catch((error: Error) => error.message);
        if (found !== expected) lost.push(`${uri}: ${found}`);
      }
      return lost;
    },
  };
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
