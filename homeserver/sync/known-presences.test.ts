import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestHomeserver, type TestHomeserver } from '../testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '../testing/test-user.ts';
import { KnownPresences } from './known-presences.ts';

let homeserver: TestHomeserver;
let anna: TestUser;

before(async () => {
  homeserver = await startTestHomeserver();
  anna = await registerUser(homeserver.baseUrl, 'anna');
  await anna.call('PUT', `/_matrix/client/v3/presence/${anna.userId}/status`, { presence: 'online' });
});
after(() => homeserver.stop());

/** A memory that counts the queries it makes. */
function watchedPresences(): { presences: KnownPresences; queries(): number } {
  let queries = 0;
  const context = Object.create(homeserver.context, {
    database: {
      get() {
        queries++;
        return homeserver.context.database;
      },
    },
  }) as TestHomeserver['context'];
  return { presences: new KnownPresences(context, 100), queries: () => queries };
}

const statesOf = async (presences: KnownPresences, userIds: string[]) =>
  (await presences.of(userIds)).map(({ userId, state }) => `${userId} ${state}`);

test('who came online before the process followed the log is known from the tables, asked once by all', async () => {
  const { presences, queries } = watchedPresences();
  const nobody = '@nobody:test.example';
  const asked = [1, 2, 3].map(() => statesOf(presences, [anna.userId, nobody]));
  for (const states of await Promise.all(asked)) assert.deepEqual(states, [`${anna.userId} online`]);
  assert.deepEqual(await statesOf(presences, [nobody, anna.userId]), [`${anna.userId} online`]);
  assert.equal(queries(), 1);
});

test('what the log tells while the tables are asked is newer than what they say', async () => {
  const { presences } = watchedPresences();
  const asked = statesOf(presences, [anna.userId]);
  presences.follow({
    ...{ userId: anna.userId, state: 'unavailable', statusMessage: undefined },
    ...{ lastActiveMs: 1, currentlyActive: false },
  });
  assert.deepEqual(await asked, [`${anna.userId} unavailable`]);
});
