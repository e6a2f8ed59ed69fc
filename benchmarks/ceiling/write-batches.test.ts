import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@holdfast/homeserver/testing/create-test-database.ts';
import postgres from 'postgres';
import { buildCeilingEvent } from './build-ceiling-event.ts';
import { createCeilingTable, writeInBatches } from './write-batches.ts';

test('events that arrive together share transactions, and an acknowledged one is in the table', async (context) => {
  const database = await createTestDatabase({ migrated: false });
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  context.after(async () => {
    await sql.end();
    await database.drop();
  });
  await createCeilingTable(sql);
  const write = writeInBatches(sql, 0);
  const event = (eventId: string) => ({ roomId: '!room', eventId, json: '{}' });
  await write(event('$first'));
  assert.equal((await sql`SELECT 1 FROM ceiling_event WHERE event_id = '$first'`).length, 1);
  await Promise.all(Array.from({ length: 100 }, (_, index) => write(event(`$${index}`))));
  const rows =
    await sql`SELECT count(*)::int AS events, count(DISTINCT xmin::text)::int AS transactions FROM ceiling_event`;
  assert.equal(rows[0]?.['events'], 101);
  assert.ok((rows[0]?.['transactions'] as number) <= 3);
});

test('a failed batch is refused to everyone in it, and the next one goes on', async (context) => {
  const database = await createTestDatabase({ migrated: false });
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  context.after(async () => {
    await sql.end();
    await database.drop();
  });
  const write = writeInBatches(sql, 0);
  const event = { roomId: '!room', eventId: '$event', json: '{}' };
  const refused = await Promise.allSettled([write(event), write(event)]);
  assert.deepEqual(
    refused.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  await createCeilingTable(sql);
  await write(event);
});

test('an event of the ceiling names the one before it in its room', () => {
  const secretKey = new Uint8Array(64).fill(1);
  const first = buildCeilingEvent(secretKey, '!a', 'm.room.message', { body: 'x' });
  const second = buildCeilingEvent(secretKey, '!a', 'm.room.message', { body: 'x' });
  const json = JSON.parse(second.json) as { prev_events: string[]; signatures: object };
  assert.deepEqual(json.prev_events, [first.eventId]);
  assert.ok(json.signatures);
});
