import { checkDatabase } from './check-database.ts';
import type { FuzzedServer } from './start-fuzzed-server.ts';

/** Beyond what it was after the first quarter of the requests, by which caches and pools have filled. */
const mayGrowBytes = 256 * 1024 * 1024;

/** What is sent requests. */
export type FuzzedProcess = Pick<FuzzedServer, 'isAlive' | 'residentBytes'>;

export interface SentRequests {
  readonly sent: number;
  /** What the server took after the first quarter. */
  readonly settledBytes: number;
  readonly problems: string[];
}

/** Sends requests, some at a time, until there were enough or the server ended; `sendOne` gives what is wrong. */
export async function sendRequests(
  server: FuzzedProcess,
  { requests, concurrency }: { readonly requests: number; readonly concurrency: number },
  sendOne: (index: number) => Promise<string | undefined>,
): Promise<SentRequests> {
  const problems: string[] = [];
  let sent = 0;
  let settledBytes = 0;
  const worker = async () => {
    while (sent < requests && server.isAlive()) {
      const index = sent++;
      if (index === Math.floor(requests / 4)) settledBytes = await server.residentBytes();
      const problem = await sendOne(index);
      if (problem !== undefined) problems.push(problem);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { sent, settledBytes, problems };
}

/** What is wrong with the server after it was sent requests. */
export async function judgeServer(server: FuzzedServer, sent: SentRequests): Promise<string[]> {
  const problems = await judgeGrowth(server, sent);
  return server.isAlive() ? [...problems, ...(await checkDatabase(server.databaseUrl))] : problems;
}

/** Whether it ended, or takes more and more. */
export async function judgeGrowth(server: FuzzedProcess, { settledBytes }: SentRequests): Promise<string[]> {
  if (!server.isAlive()) return ['the server ended'];
  const grownBytes = (await server.residentBytes()) - settledBytes;
  return grownBytes > mayGrowBytes ? [`memory grew by ${Math.round(grownBytes / 2 ** 20)} MiB`] : [];
}
