import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileEventFields, projectEventFields } from './project-event-fields.ts';

const event = {
  type: 'm.room.message',
  sender: '@a:x',
  content: { body: 'hi', 'm.relates_to': { rel_type: 'm.thread', event_id: '$1' }, 'back\\slash': 1, list: [{ a: 1 }] },
  unsigned: { age: 5 },
};

const cases: readonly (readonly [story: string, paths: readonly string[], expected: object])[] = [
  ['top-level fields', ['type', 'sender'], { type: event.type, sender: event.sender }],
  ['a field within', ['content.body'], { content: { body: 'hi' } }],
  ['a name with dots', ['content.m\\.relates_to.rel_type'], { content: { 'm.relates_to': { rel_type: 'm.thread' } } }],
  ['a name with a backslash', ['content.back\\\\slash'], { content: { 'back\\slash': 1 } }],
  ['a whole and its part', ['content.body', 'content'], { content: event.content }],
  ['a part and its whole', ['content', 'content.body'], { content: event.content }],
  ['two parts', ['content.body', 'content.list'], { content: { body: 'hi', list: [{ a: 1 }] } }],
  ['nothing within lists', ['content.list.0', 'content.list.a'], {}],
  ['nothing that is absent', ['content.m.relates_to', 'origin', 'content.constructor'], {}],
];

for (const [story, paths, expected] of cases) {
  test(`event_fields keep ${story}`, () => {
    assert.deepEqual(projectEventFields(compileEventFields(paths), event), expected);
  });
}

test('without event_fields, and with an empty list, the event is left alone', () => {
  assert.equal(projectEventFields(compileEventFields(undefined), event), event);
  assert.equal(projectEventFields(compileEventFields([]), event), event);
});

test('a field named __proto__ is a field like any other', () => {
  const hostile = JSON.parse('{"type": "x", "content": {"__proto__": {"admin": true}}}');
  const kept = projectEventFields(compileEventFields(['content.__proto__']), hostile);
  assert.equal(JSON.stringify(kept), '{"content":{"__proto__":{"admin":true}}}');
});

test('projecting twice changes nothing more, and the order of fields does not matter', () => {
  const path = fc.array(fc.constantFrom('content', 'body', 'type', 'm\\.relates_to', 'list', 'rel_type'), {
    minLength: 1,
  });
  const paths = fc.array(
    path.map((names) => names.join('.')),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(paths, (list) => {
      const fields = compileEventFields(list);
      const once = projectEventFields(fields, event);
      assert.deepEqual(projectEventFields(fields, once), once);
      assert.deepEqual(projectEventFields(compileEventFields(list.toReversed()), event), once);
    }),
  );
});
