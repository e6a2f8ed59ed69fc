import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Context } from '../platform/context.ts';
import { startTestContext, type TestContext } from '../testing/start-test-context.ts';
import { createRoom } from './create-room.ts';
import { findEventAnywhere } from './history/find-event-anywhere.ts';
import { sendMessageEvent } from './send-event.ts';

const alice = '@alice:test';
const startMs = 1_000_000;

let server: TestContext;
/** The same server with a clock that stands where it is put. */
let context: Context;
let nowMs = startMs;
let roomId: string;
const eventAt = new Map<number, string>();

before(async () => {
  server = await startTestContext();
  context = { ...server.context, clock: { ...server.context.clock, wallMs: () => nowMs } };
  const blueprint = { creationContent: {}, powerLevelOverride: {}, initialState: [], invite: [], isDirect: false };
  ({ roomId } = await createRoom(context, '12', {
    ...blueprint,
    creator: alice,
    preset: 'private_chat',
    originServerTs: startMs,
  }));
  for (nowMs = startMs + 1_000; nowMs <= startMs + 20_000; nowMs += 1_000) {
    const { eventId } = await sendMessageEvent(context, {
      ...{ roomId, userId: alice, type: 'm.room.message', content: { body: '' } },
      transaction: { deviceId: 'D', transactionId: String(nowMs) },
    });
    eventAt.set(nowMs - startMs, eventId);
  }
});
after(() => server.stop());

async function find(sinceStartMs: number, direction: 'f' | 'b') {
  return (await findEventAnywhere(context, roomId, alice, startMs + sinceStartMs, direction)).eventId;
}

test('the closest event of a direction is found, wherever the time lies', async () => {
  for (let ms = 1_000; ms <= 20_000; ms += 500) {
    assert.equal(await find(ms, 'f'), eventAt.get(Math.ceil(ms / 1_000) * 1_000), `f ${ms}`);
    assert.equal(await find(ms, 'b'), eventAt.get(Math.floor(ms / 1_000) * 1_000), `b ${ms}`);
  }
});

test('before the first and after the last event there is none', async () => {
  await assert.rejects(find(20_001, 'f'), { errcode: 'M_NOT_FOUND' });
  await assert.rejects(find(-1, 'b'), { errcode: 'M_NOT_FOUND' });
  assert.equal(await find(99_999, 'b'), eventAt.get(20_000));
});
