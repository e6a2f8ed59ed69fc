import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OwnedShard } from '../platform/shard-log/command.ts';
import { startTestContext } from '../testing/start-test-context.ts';
import { RecentTransactions } from './recent-transactions.ts';

test('an owner that could not read them while the database was away reads them when it is back', async () => {
  const server = await startTestContext();
  const { database } = server.context;
  let away = true;
  const outage = () => Promise.reject(Object.assign(new Error('away'), { code: 'CONNECTION_CLOSED' }));
  const answers = new Proxy(database, {
    apply: (target, self, query) => (away ? outage() : Reflect.apply(target, self, query)),
  });
  const shard = { id: 0, context: { ...server.context, database: answers } } as unknown as OwnedShard;
  const transactions = new RecentTransactions(shard);
  await assert.rejects(transactions.find(1), { code: 'CONNECTION_CLOSED' });
  away = false;
  assert.equal(await transactions.find(1), undefined);
  await server.stop();
});
