import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { unfiltered } from '@holdfast/protocol/filters/parse-filter.ts';
import type { Context } from '../platform/context.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { createRoom } from './create-room.ts';
import { redactEvent } from './redact-event.ts';
import { sendMessageEvent, sendStateEvent } from './send-event.ts';
import { viewEventContext } from './view-event.ts';
import { viewMessages } from './view-messages.ts';

const alice = { userId: '@alice:test', deviceId: 'D' };

let server: TestContext;
let roomId: string;
let lastEventId = '';
before(async () => {
  server = await startTestContext();
  const { context } = server;
  const blueprint = { creationContent: {}, powerLevelOverride: {}, initialState: [], invite: [], isDirect: false };
  const originServerTs = context.clock.wallMs();
  const preset = 'private_chat';
  ({ roomId } = await createRoom(context, '12', { ...blueprint, creator: alice.userId, preset, originServerTs }));
  for (let index = 0; index < 60; index++) {
    const transaction = { deviceId: 'D', transactionId: String(index) };
    const content = { body: String(index) };
    const type = 'm.room.message';
    const { eventId } = await sendMessageEvent(context, { roomId, userId: alice.userId, type, content, transaction });
    lastEventId = eventId;
    if (index % 3 === 0) {
      const redaction = { roomId, userId: alice.userId, redacts: eventId, content: {}, operation: 'redact' } as const;
      await redactEvent(context, { ...redaction, transaction });
      const name = { roomId, userId: alice.userId, type: 'm.room.name', stateKey: '', content };
      await sendStateEvent(context, name);
    }
  }
});
after(() => server.stop());

/** A context that counts its queries. */
function countQueries(): { context: Context; count: () => number } {
  let queries = 0;
  const { context } = server;
  const database = new Proxy(context.database, {
    apply: (target, self, parameters) => {
      // Called with a template it is a query, otherwise a fragment of one.
      if (Array.isArray(parameters[0]) && 'raw' in parameters[0]) queries++;
      return Reflect.apply(target, self, parameters);
    },
    get: (target, name, receiver) => {
      if (name === 'unsafe') queries++;
      return Reflect.get(target, name, receiver);
    },
  });
  return { context: { ...context, database }, count: () => queries };
}

test('a page takes the same few queries whatever its size', async () => {
  for (const limit of [1, 10, 100]) {
    const { context, count } = countQueries();
    const filter = { ...unfiltered.room, lazyLoadMembers: true };
    const warm = { direction: 'b', limit, filter } as const;
    // Names and rooms are cached per pool, and this one is fresh.
    await viewMessages(context, alice, roomId, warm);
    const cold = count();
    const page = JSON.parse(await viewMessages(context, alice, roomId, warm));
    assert.equal(page.chunk.length, limit);
    const queries = count() - cold;
    assert.ok(queries >= 3 && queries <= 5, `${queries} queries for ${limit} events`);
  }
});

test('the context of an event takes the same few queries whatever its size', async () => {
  for (const limit of [2, 60]) {
    const { context, count } = countQueries();
    const request = { roomId, eventId: lastEventId, limit, filter: unfiltered.room };
    await viewEventContext(context, alice, request);
    const cold = count();
    await viewEventContext(context, alice, request);
    const queries = count() - cold;
    assert.ok(queries >= 4 && queries <= 8, `${queries} queries for ${limit} events`);
  }
});
