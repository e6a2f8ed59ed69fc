import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { startTestContext } from '../testing/start-test-context.ts';
import { ConnectedUsers } from './connected-users.ts';

test('a log that goes on faster than a user can be read is answered with 503, and the next one asks anew', async () => {
  const server = await startTestContext();
  let isTooFast = true;
  const entriesAfter = server.context.shardLog.tail.entriesAfter.bind(server.context.shardLog.tail);
  const shardLog = {
    tail: { entriesAfter: (...at: [number, number]) => (isTooFast ? undefined : entriesAfter(...at)) },
  };
  const users = new ConnectedUsers({ ...server.context, shardLog } as unknown as Context);
  await assert.rejects(users.get('@alice:test'), { errcode: 'M_UNKNOWN', status: 503 });
  isTooFast = false;
  assert.equal((await users.get('@alice:test')).userId, '@alice:test');
  await server.stop();
});
