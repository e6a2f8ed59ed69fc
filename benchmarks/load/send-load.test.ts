import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { openHttpConnection } from './http-connection.ts';
import { populationOf } from './make-population.ts';
import { sendForSeconds } from './send-load.ts';
import { verifySentByPaging } from './verify-sent.ts';

test('acknowledged events are found again, and one that the server forgot is missed', async (context) => {
  let forgets = false;
  const server = await startFakeHomeserver({ keeps: () => !forgets });
  context.after(() => server.close());
  const users = ['one', 'two'].map((name) => ({
    userId: `@${name}:fake`,
    token: name,
    connection: openHttpConnection(server.baseUrl),
  }));
  context.after(() => {
    for (const user of users) user.connection.close();
  });
  const population = populationOf(users, [{ roomId: '!room', members: users }]);
  const load = await sendForSeconds(population, 2, 0.1);
  const eventIds = load.eventIds.get('!room') ?? [];
  assert.equal(load.latencyMs.samples, eventIds.length);
  assert.equal(server.events.length, eventIds.length);
  await verifySentByPaging(population)(load.eventIds);
  forgets = true;
  const lost = await sendForSeconds(population, 2, 0.02);
  await assert.rejects(verifySentByPaging(population)(lost.eventIds), /are missing/);
});
