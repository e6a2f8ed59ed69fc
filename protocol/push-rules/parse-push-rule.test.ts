import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../events/pdu.ts';
import { maxActions, maxConditions, maxPatternLength, parsePushActions, parsePushRuleBody } from './parse-push-rule.ts';
import { type PushRuleKind, pushRuleKinds } from './push-rule.ts';

const actions = ['notify'];
const withCondition = (condition: JsonValue) => ({ actions, conditions: [condition] });

const refusals: readonly (readonly [PushRuleKind, unknown, string])[] = [
  ['room', undefined, 'M_BAD_JSON'],
  ['room', [], 'M_BAD_JSON'],
  ['room', {}, 'M_MISSING_PARAM'],
  ['room', { actions: 'notify' }, 'M_BAD_JSON'],
  ['room', { actions: ['shout'] }, 'M_INVALID_PARAM'],
  ['room', { actions: [5] }, 'M_INVALID_PARAM'],
  ['room', { actions: [null] }, 'M_INVALID_PARAM'],
  ['room', { actions: [{}] }, 'M_MISSING_PARAM'],
  ['room', { actions: [{ set_tweak: 5 }] }, 'M_BAD_JSON'],
  ['room', { actions: [{ set_tweak: 'sound', value: {} }] }, 'M_INVALID_PARAM'],
  ['room', { actions: [{ set_tweak: 'sound', value: 'x'.repeat(2000) }] }, 'M_INVALID_PARAM'],
  ['room', { actions: new Array(maxActions + 1).fill('notify') }, 'M_INVALID_PARAM'],
  ['content', { actions }, 'M_MISSING_PARAM'],
  ['content', { actions, pattern: 5 }, 'M_BAD_JSON'],
  ['content', { actions, pattern: '' }, 'M_INVALID_PARAM'],
  ['content', { actions, pattern: 'x'.repeat(maxPatternLength + 1) }, 'M_INVALID_PARAM'],
  ['override', { actions, conditions: {} }, 'M_BAD_JSON'],
  [
    'override',
    { actions, conditions: Array.from({ length: maxConditions + 1 }, () => ({ kind: 'x' })) },
    'M_INVALID_PARAM',
  ],
  ['override', withCondition('x'), 'M_BAD_JSON'],
  ['override', withCondition({}), 'M_MISSING_PARAM'],
  ['override', withCondition({ kind: 5 }), 'M_BAD_JSON'],
  ['override', withCondition({ kind: 'event_match', key: 'type' }), 'M_MISSING_PARAM'],
  ['override', withCondition({ kind: 'event_match', pattern: '*' }), 'M_MISSING_PARAM'],
  ['underride', withCondition({ kind: 'event_match', key: 'type', pattern: 5 }), 'M_BAD_JSON'],
  ['underride', withCondition({ kind: 'event_property_is', key: 'type' }), 'M_MISSING_PARAM'],
  ['underride', withCondition({ kind: 'event_property_is', key: 'type', value: [] }), 'M_INVALID_PARAM'],
  ['underride', withCondition({ kind: 'event_property_contains', key: 'type', value: 1.5 }), 'M_INVALID_PARAM'],
  ['underride', withCondition({ kind: 'event_property_contains', key: 'type', value: 2 ** 53 }), 'M_INVALID_PARAM'],
  ['underride', withCondition({ kind: 'room_member_count' }), 'M_MISSING_PARAM'],
  ['underride', withCondition({ kind: 'room_member_count', is: 2 }), 'M_BAD_JSON'],
  ['underride', withCondition({ kind: 'room_member_count', is: '=>2' }), 'M_INVALID_PARAM'],
  ['underride', withCondition({ kind: 'sender_notification_permission' }), 'M_MISSING_PARAM'],
  ['underride', withCondition({ kind: 'org.example.moon', phase: 'x'.repeat(3000) }), 'M_INVALID_PARAM'],
];

test('a condition nested without end is refused before anything recursive touches it', () => {
  const nested = JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`);
  const body = withCondition({ kind: 'org.example.moon', nested });
  assert.equal(parsePushRuleBody('override', body).problem?.errcode, 'M_INVALID_PARAM');
});

for (const [kind, body, errcode] of refusals) {
  test(`the body ${(JSON.stringify(body) ?? 'undefined').slice(0, 70)} of a rule of kind ${kind} is refused with ${errcode}`, () => {
    assert.equal(parsePushRuleBody(kind, body as never).problem?.errcode, errcode);
  });
}

test('only what belongs to the kind is kept', () => {
  const body = {
    actions,
    pattern: 'x',
    conditions: [{ kind: 'event_match', key: 'a', pattern: 'b', is: '2' }],
    enabled: false,
    more: 1,
  };
  const condition = { kind: 'event_match', key: 'a', pattern: 'b' };
  assert.deepEqual(parsePushRuleBody('override', body).rule, { actions, conditions: [condition] });
  assert.deepEqual(parsePushRuleBody('content', body).rule, { actions, pattern: 'x' });
  assert.deepEqual(parsePushRuleBody('sender', body).rule, { actions });
});

test('a condition of an unknown kind is kept as it came', () => {
  const condition = { kind: 'org.example.moon', phase: { full: true } };
  assert.deepEqual(parsePushRuleBody('override', withCondition(condition)).rule?.conditions, [condition]);
});

test('historical actions stay as they came, tweaks keep their name and value only', () => {
  const parsed = parsePushActions([
    'dont_notify',
    'coalesce',
    'notify',
    { set_tweak: 'sound', value: 'bing', more: 1 },
  ]);
  assert.deepEqual(parsed.actions, ['dont_notify', 'coalesce', 'notify', { set_tweak: 'sound', value: 'bing' }]);
});

test('whatever JSON comes, the answer is a rule or a problem, and a rule that was accepted is accepted again', () => {
  const body = fc.record(
    {
      actions: fc.oneof(
        fc.jsonValue(),
        fc.array(fc.oneof(fc.constant('notify'), fc.record({ set_tweak: fc.string() }))),
      ),
      conditions: fc.oneof(fc.jsonValue(), fc.array(fc.record({ kind: fc.string(), key: fc.string() }))),
      pattern: fc.oneof(fc.jsonValue(), fc.string()),
    },
    { requiredKeys: ['actions'] },
  );
  fc.assert(
    fc.property(fc.constantFrom(...pushRuleKinds), fc.oneof(fc.jsonValue(), body), (kind, json) => {
      const { rule, problem } = parsePushRuleBody(kind, json);
      assert.equal((rule === undefined) !== (problem === undefined), true);
      if (rule) assert.deepEqual(parsePushRuleBody(kind, rule as never).rule, rule);
    }),
    { numRuns: 1000 },
  );
});
