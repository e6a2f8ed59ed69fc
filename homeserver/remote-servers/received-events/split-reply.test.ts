import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReplySyntaxError, splitReply } from './split-reply.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function split(text: string) {
  const bytes = encoder.encode(text);
  const { members, arrays } = splitReply(bytes, ['state', 'auth_chain']);
  const parts = [...arrays].map(([name, ranges]) => [
    name,
    ranges.map(([from, to]) => decoder.decode(bytes.slice(from, to))),
  ]);
  return { members, ...Object.fromEntries(parts) } as Record<string, unknown>;
}

test('arrays are cut into their elements, other members parsed', () => {
  assert.deepEqual(
    split(' { "state" : [ {"a":[1,{"b":"]}\\""}]} , "x", 1 ,null ] , "event":{"c":1},"auth_chain":[]}\n'),
    {
      members: { event: { c: 1 } },
      state: ['{"a":[1,{"b":"]}\\""}]}', '"x"', '1', 'null'],
      auth_chain: [],
    },
  );
  assert.deepEqual(split('{}'), { members: {} });
  assert.deepEqual(split('{"state":"none"}'), { members: { state: 'none' } });
});

test('whatever JSON makes, the elements are the ones that JSON.parse gives', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), fc.jsonValue(), fc.boolean(), (state, event, spaced) => {
      const text = JSON.stringify({ event, state }, null, spaced ? 2 : 0);
      const found = split(text);
      assert.deepEqual(
        (found['state'] as string[]).map((part) => JSON.parse(part) as unknown),
        JSON.parse(JSON.stringify(state)),
      );
    }),
  );
});

for (const text of [
  ...[
    '',
    '[]',
    '{',
    '{"state"',
    '{"state":',
    '{"state":[',
    '{"state":[1',
    '{"state":[1,]}',
    '{"state":[1 2]}',
    '{"a":}',
  ],
  ...['{"a":1,}', '{"a":1}}', '{"a":1 "b":2}', '{"a":"', '{"a":{"b":[}', '{1:2}', '{"a":nul}', '{"state":[,1]}'],
]) {
  test(`${JSON.stringify(text)} is no answer`, () => {
    assert.throws(() => split(text), ReplySyntaxError);
  });
}
