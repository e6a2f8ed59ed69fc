import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ReplySplitter, ReplySyntaxError } from './split-reply.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The text in pieces of so many bytes. */
function split(text: string, pieceBytes = 1_000_000) {
  const bytes = encoder.encode(text);
  const parts: Record<string, string[]> = {};
  const splitter = new ReplySplitter(['state', 'auth_chain'], (name, element) => {
    (parts[name] ??= []).push(decoder.decode(element));
  });
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.slice(at, at + pieceBytes);
    splitter.push(piece);
    // The memory may be used for something else then.
    piece.fill(0x7e);
  }
  const { members, arrays } = splitter.end();
  return { members, ...Object.fromEntries(arrays.map((name) => [name, parts[name] ?? []])) } as Record<string, unknown>;
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

test('whatever JSON makes, in whatever pieces it comes, the elements are the ones that JSON.parse gives', () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 5 }),
      fc.jsonValue(),
      fc.constantFrom(0, 2),
      fc.integer({ min: 1, max: 40 }),
      (state, event, spaces, pieceBytes) => {
        const found = split(JSON.stringify({ event, state }, null, spaces), pieceBytes);
        const parsed = (found['state'] as string[]).map((part) => JSON.parse(part) as unknown);
        assert.deepEqual(parsed, JSON.parse(JSON.stringify(state)));
        assert.deepEqual(found['members'], JSON.parse(JSON.stringify({ event })));
      },
    ),
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
  ...[
    '{"a":1,}',
    '{"a":1}}',
    '{"a":1 "b":2}',
    '{"a":"',
    '{"a":{"b":[}',
    '{1:2}',
    '{"a":nul}',
    '{"state":[,1]}',
    '{"state":[],"state":[]}',
  ],
]) {
  test(`${JSON.stringify(text)} is no answer`, () => {
    assert.throws(() => split(text), ReplySyntaxError);
    assert.throws(() => split(text, 1), ReplySyntaxError);
  });
}

test('an element without end is given up before it fills the memory', () => {
  const splitter = new ReplySplitter(['state'], () => assert.fail('no element is whole'));
  splitter.push(encoder.encode('{"state":["'));
  const piece = encoder.encode('x'.repeat(1024 * 1024));
  assert.throws(() => {
    for (let piecesSent = 0; piecesSent < 100; piecesSent++) splitter.push(piece);
  }, ReplySyntaxError);
});
