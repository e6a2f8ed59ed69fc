import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { openHttpConnection } from './http-connection.ts';
import { findMarks, makeRunMark, markedText, readNextBatch, startReceiver } from './receive-marked.ts';
import { sendMessage } from './send-message.ts';

test('the marks of one run are found in order, and those of another run are not', () => {
  const [mark, other] = [makeRunMark(), makeRunMark()];
  const texts = [markedText(mark, 3, 'x'), markedText(other, 4, 'x'), markedText(mark, 12_345_678, '"quoted"')];
  const body = Buffer.from(JSON.stringify({ events: texts.map((text) => ({ content: { body: text } })) }));
  const found: number[] = [];
  findMarks(body, mark, (number) => found.push(number));
  assert.deepEqual(found, [3, 12_345_678]);
});

const replies: Record<string, string> = {
  'at the beginning': '{"next_batch":"s1_2","rooms":{}}',
  'with white space': '{ "next_batch" : "s1_2" }',
  'after an equal text that is quoted': '{"a":"\\"next_batch\\":\\"no\\"","next_batch":"s1_2"}',
};
for (const [story, text] of Object.entries(replies)) {
  test(`next_batch is read ${story}`, () => assert.equal(readNextBatch(Buffer.from(text)), 's1_2'));
}

test('a token with an escape is unescaped', () => {
  assert.equal(readNextBatch(Buffer.from('{"next_batch":"a\\u002fb"}')), 'a/b');
});

test('a reply without next_batch is an error', () => {
  assert.throws(() => readNextBatch(Buffer.from('{"rooms":{}}')), /without next_batch/);
});

test('what a cut timeline left out is read through /messages', async (context) => {
  const server = await startFakeHomeserver();
  context.after(() => server.close());
  const user = { userId: '@a:b', token: 't', connection: openHttpConnection(server.baseUrl) };
  context.after(() => user.connection.close());
  const mark = makeRunMark();
  const received: number[] = [];
  const all = Promise.withResolvers<void>();
  const receiver = await startReceiver(server.baseUrl, user, '!room', mark, (number) => {
    received.push(number);
    if (received.length === 12) all.resolve();
  });
  // The fake server shows at most five events in a timeline; all twelve are there before the receiver asks again.
  const events = server.events as unknown as { event_id: string; content: { body: string } }[];
  for (let number = 0; number < 11; number += 1) {
    events.push({ event_id: `$e${number}`, content: { body: markedText(mark, number, 'x') } });
  }
  await sendMessage(user, '!room', markedText(mark, 11, 'x'));
  await all.promise;
  await receiver.stop();
  assert.deepEqual(
    received.toSorted((one, other) => one - other),
    Array.from({ length: 12 }, (_, number) => number),
  );
});
