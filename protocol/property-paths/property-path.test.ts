import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePropertyPath, readProperty } from './property-path.ts';

const cases: readonly (readonly [path: string, names: readonly string[]])[] = [
  ['type', ['type']],
  ['content.body', ['content', 'body']],
  ['content.m\\.relates_to', ['content', 'm.relates_to']],
  ['content.m\\.relates_to.rel_type', ['content', 'm.relates_to', 'rel_type']],
  ['content.m\\\\foo', ['content', 'm\\foo']],
  ['content.m\\\\.foo', ['content', 'm\\', 'foo']],
  ['content.\\x', ['content', '\\x']],
  ['content.end\\', ['content', 'end\\']],
  ['content..body', ['content', '', 'body']],
  ['', ['']],
];

for (const [path, names] of cases) {
  test(`the path ${JSON.stringify(path)} names ${JSON.stringify(names)}`, () => {
    assert.deepEqual(parsePropertyPath(path), names);
  });
}

test('names that are escaped and joined come back from the path', () => {
  const name = fc.string({ unit: fc.constantFrom('a', '.', '\\', 'é') });
  fc.assert(
    fc.property(fc.array(name, { minLength: 1 }), (names) => {
      const path = names.map((text) => text.replaceAll(/[\\.]/g, '\\$&')).join('.');
      assert.deepEqual(parsePropertyPath(path), names);
    }),
  );
});

test('a path finds what is in the event and nothing that JavaScript adds', () => {
  const event = { type: 'm.test', content: { 'm.mentions': { room: false }, list: ['a'], nothing: null } };
  assert.equal(readProperty(event, ['content', 'm.mentions', 'room']), false);
  assert.equal(readProperty(event, ['content', 'nothing']), null);
  for (const path of [
    'content.list.0',
    'content.list.length',
    'type.length',
    'content.nothing.more',
    'content.absent',
  ]) {
    assert.equal(readProperty(event, parsePropertyPath(path)), undefined, path);
  }
  for (const name of ['__proto__', 'constructor', 'toString']) {
    assert.equal(readProperty(event, ['content', name]), undefined, name);
  }
});
