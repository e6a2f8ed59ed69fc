import { setTimeout as delay } from 'node:timers/promises';
import type { StubServer } from '@holdfast/conformance/stub-servers/stub-server.ts';
import { registerUser } from '@holdfast/homeserver/testing/test-user.ts';
import postgres from 'postgres';
import { readTreeCpuSeconds, readTreeMemoryBytes } from '../../load/process-memory.ts';
import { median } from '../../load/summary.ts';
import type { FederationScenario } from '../federation-run.ts';
import { joinThrough, sendText } from '../send-and-wait.ts';
import { makeWideRoom, waitForAll } from './fan-out.ts';

/** After a start everything is read that is needed later. */
const settleMs = 10_000;
const watchedMs = 60_000;
const messages = 20;
const pauseMs = 200;

/**
 * A server that shares a room with many that have been away for two months: what that costs while nobody speaks, and what a
 * message into the room costs.
 */
export const deadServers: FederationScenario = {
  name: 'dead-servers',
  async measure(run) {
    // Other servers know nothing of these tables.
    if (run.peer !== 'holdfast') return [];
    const { stubs, roomId, received } = await makeWideRoom(run);
    const server = await run.startServer(run.peer);
    const user = await registerUser(server.baseUrl, 'speaker');
    await joinThrough(user, roomId, (stubs[0] as StubServer).name);
    await sendText(user, roomId, 'good day to all of you');
    await waitForAll(stubs, received, 1);
    const sql = postgres(server.databaseUrl, { max: 1 });
    try {
      const before = await watch(server.pid, sql);
      await Promise.all(stubs.map((stub) => stub.close()));
      await server.stop();
      await sql`UPDATE destination SET is_behind = true, behind_since = now() - interval '60 days'`;
      const { pid } = await server.startAgain();
      const during = await watch(pid, sql);
      const sentMs: number[] = [];
      for (let index = 0; index < messages; index++) {
        const startMs = performance.now();
        await sendText(user, roomId, `message ${index}`);
        sentMs.push(performance.now() - startMs);
        await delay(pauseMs);
      }
      run.log(
        `${stubs.length} servers there, then away: CPU ${before.cpuMs.toFixed(0)}, ${during.cpuMs.toFixed(0)} ms a minute; ` +
          `transactions of the database ${before.transactions}, ${during.transactions}; ` +
          `memory ${before.mebibytes.toFixed(0)}, ${during.mebibytes.toFixed(0)} MiB`,
      );
      return [
        { key: 'deadCpuMs', value: during.cpuMs },
        { key: 'deadTransactions', value: during.transactions },
        { key: 'deadMemoryMebibytes', value: during.mebibytes },
        { key: 'deadSendMs', value: median(sentMs) },
      ];
    } finally {
      await sql.end();
    }
  },
};

/** What a minute costs in which nobody speaks. */
async function watch(pid: number, sql: postgres.Sql) {
  await delay(settleMs);
  const [cpuBefore, countBefore] = [readTreeCpuSeconds(pid), await countTransactions(sql)];
  await delay(watchedMs);
  return {
    cpuMs: (readTreeCpuSeconds(pid) - cpuBefore) * 1000,
    transactions: (await countTransactions(sql)) - countBefore,
    mebibytes: readTreeMemoryBytes(pid) / 2 ** 20,
  };
}

async function countTransactions(sql: postgres.Sql): Promise<number> {
  const rows = await sql<{ count: number }[]>`
    SELECT (xact_commit + xact_rollback)::int AS count FROM pg_stat_database WHERE datname = current_database()`;
  return rows[0]?.count ?? 0;
}
