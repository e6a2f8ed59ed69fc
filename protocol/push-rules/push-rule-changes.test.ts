import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { defaultPushRules } from './default-push-rules.ts';
import {
  deletePushRule,
  hasPushRuleChanges,
  maxOwnRules,
  mergePushRules,
  noPushRuleChanges,
  type PushRuleChangeResult,
  type PushRuleChanges,
  putPushRule,
  setPushRuleActions,
  setPushRuleEnabled,
} from './push-rule-changes.ts';

const alice = '@alice:example.org';
const notify = { actions: ['notify'] };

function changed(result: PushRuleChangeResult): PushRuleChanges {
  assert.equal(result.problem, undefined);
  return result.changes ?? noPushRuleChanges;
}

const put = (changes: PushRuleChanges, ruleId: string, place = {}) =>
  changed(putPushRule(changes, 'override', ruleId, notify, place));
const ids = (changes: PushRuleChanges) => (changes.own.override ?? []).map((rule) => rule.ruleId);
const three = ['c', 'b', 'a'].reduce((changes, ruleId) => put(changes, ruleId), noPushRuleChanges);

test('a new rule is enabled and the most important of its kind', () => {
  assert.deepEqual(ids(three), ['a', 'b', 'c']);
  assert.deepEqual(three.own.override?.[0], { ruleId: 'a', enabled: true, actions: ['notify'], conditions: [] });
});

test('own rules stand above the predefined ones and below .m.rule.master', () => {
  const rules = mergePushRules(defaultPushRules(alice), three).override.map((rule) => [rule.rule_id, rule.default]);
  assert.deepEqual(rules.slice(0, 5), [
    ['.m.rule.master', true],
    ['a', false],
    ['b', false],
    ['c', false],
    ['.m.rule.suppress_notices', true],
  ]);
});

const places: readonly (readonly [string, { before?: string; after?: string }, readonly string[]])[] = [
  ['d', { before: 'b' }, ['a', 'd', 'b', 'c']],
  ['d', { after: 'b' }, ['a', 'b', 'd', 'c']],
  ['d', { before: 'a', after: 'c' }, ['d', 'a', 'b', 'c']],
  ['a', { after: 'c' }, ['b', 'c', 'a']],
  ['c', { before: 'a' }, ['c', 'a', 'b']],
  ['b', { after: 'a' }, ['a', 'b', 'c']],
  ['b', {}, ['a', 'b', 'c']],
];

for (const [ruleId, place, expected] of places) {
  test(`putting ${ruleId} ${JSON.stringify(place)} among a, b, c gives ${expected.join(', ')}`, () => {
    assert.deepEqual(ids(put(three, ruleId, place)), expected);
  });
}

test('a rule that is changed stays disabled', () => {
  const disabled = changed(setPushRuleEnabled(three, 'override', 'b', false));
  const again = changed(putPushRule(disabled, 'override', 'b', { actions: [] }));
  assert.deepEqual(again.own.override?.[1], { ruleId: 'b', enabled: false, actions: [], conditions: [] });
});

const refusals: readonly (readonly [string, PushRuleChangeResult, string])[] = [
  ['a place by a rule that is not there', putPushRule(three, 'override', 'd', notify, { before: 'x' }), 'M_UNKNOWN'],
  [
    'a place by a predefined rule',
    putPushRule(three, 'override', 'd', notify, { after: '.m.rule.master' }),
    'M_UNKNOWN',
  ],
  ['a place by a rule of another kind', putPushRule(three, 'underride', 'd', notify, { after: 'a' }), 'M_UNKNOWN'],
  ['a place by itself', putPushRule(three, 'override', 'a', notify, { after: 'a' }), 'M_UNKNOWN'],
  ['an id of a predefined rule', putPushRule(three, 'override', '.m.rule.message', notify), 'M_INVALID_PARAM'],
  ['an id with a slash', putPushRule(three, 'override', 'a/b', notify), 'M_INVALID_PARAM'],
  ['an id with a backslash', putPushRule(three, 'override', 'a\\b', notify), 'M_INVALID_PARAM'],
  ['an empty id', putPushRule(three, 'override', '', notify), 'M_INVALID_PARAM'],
  ['a body without actions', putPushRule(three, 'override', 'd', {}), 'M_MISSING_PARAM'],
  ['deleting what is not there', deletePushRule(three, 'override', 'x'), 'M_NOT_FOUND'],
  ['deleting from another kind', deletePushRule(three, 'underride', 'a'), 'M_NOT_FOUND'],
  ['deleting a predefined rule', deletePushRule(three, 'override', '.m.rule.master'), 'M_NOT_FOUND'],
  ['enabling what is not there', setPushRuleEnabled(three, 'override', 'x', true), 'M_NOT_FOUND'],
  [
    'enabling a predefined rule of another kind',
    setPushRuleEnabled(three, 'override', '.m.rule.message', true),
    'M_NOT_FOUND',
  ],
  ['enabling what every object has', setPushRuleEnabled(three, 'override', 'constructor', true), 'M_NOT_FOUND'],
  ['actions of what is not there', setPushRuleActions(three, 'content', 'a', []), 'M_NOT_FOUND'],
];

for (const [story, result, errcode] of refusals) {
  test(`refused with ${errcode}: ${story}`, () => assert.equal(result.problem?.errcode, errcode));
}

test('a deleted rule is gone and leaves no trace', () => {
  const rest = ['a', 'b', 'c'].reduce((changes, id) => changed(deletePushRule(changes, 'override', id)), three);
  assert.equal(hasPushRuleChanges(rest), false);
});

test('of a predefined rule only what differs is kept', () => {
  const off = changed(setPushRuleEnabled(noPushRuleChanges, 'underride', '.m.rule.message', false));
  assert.deepEqual(off.predefined, { '.m.rule.message': { enabled: false } });
  const quiet = changed(setPushRuleActions(off, 'underride', '.m.rule.message', []));
  assert.deepEqual(quiet.predefined, { '.m.rule.message': { enabled: false, actions: [] } });
  const rules = mergePushRules(defaultPushRules(alice), quiet).underride;
  const merged = rules.find((rule) => rule.rule_id === '.m.rule.message');
  assert.deepEqual([merged?.enabled, merged?.actions, merged?.default], [false, [], true]);
  const on = changed(setPushRuleEnabled(quiet, 'underride', '.m.rule.message', true));
  const asBefore = changed(setPushRuleActions(on, 'underride', '.m.rule.message', ['notify']));
  assert.equal(hasPushRuleChanges(asBefore), false);
});

test('changes of a predefined rule that no longer exists do no harm', () => {
  const old: PushRuleChanges = { own: {}, predefined: { '.m.rule.contains_user_name': { enabled: false } } };
  assert.deepEqual(mergePushRules(defaultPushRules(alice), old), defaultPushRules(alice));
});

test('a user without changes has the predefined rules', () => {
  assert.deepEqual(mergePushRules(defaultPushRules(alice), noPushRuleChanges), defaultPushRules(alice));
});

test('one rule too many is refused', () => {
  const rules = Array.from({ length: maxOwnRules }, (_, i) => ({ ruleId: `r${i}`, enabled: true, actions: [] }));
  const full: PushRuleChanges = { own: { room: rules }, predefined: {} };
  assert.equal(putPushRule(full, 'room', 'r5', notify).problem, undefined);
  assert.equal(putPushRule(full, 'room', 'more', notify).problem?.errcode, 'M_INVALID_PARAM');
  assert.equal(putPushRule(full, 'sender', 'more', notify).problem?.errcode, 'M_INVALID_PARAM');
});

test('patterns that would make every message dear are refused, a rule for each muted room is not', () => {
  let changes = noPushRuleChanges;
  for (let i = 0; i < 8; i++) {
    changes = changed(putPushRule(changes, 'content', `k${i}`, { ...notify, pattern: 'x'.repeat(512) }));
  }
  assert.equal(putPushRule(changes, 'content', 'k8', { ...notify, pattern: 'x' }).problem?.errcode, 'M_INVALID_PARAM');
  const conditions = [{ kind: 'event_match', key: 'room_id', pattern: '!room:example.org' }];
  for (let i = 0; i < 200; i++)
    changes = changed(putPushRule(changes, 'override', `m${i}`, { actions: [], conditions }));
});

test('any sequence of changes keeps rule ids unique and survives being stored as JSON', () => {
  const ruleId = fc.constantFrom('a', 'b', 'c', 'd', '.m.rule.master', '.m.rule.message');
  const step = fc.record({
    what: fc.constantFrom('put', 'delete', 'enable', 'actions'),
    kind: fc.constantFrom('override', 'underride', 'room'),
    ruleId,
    flag: fc.boolean(),
    before: fc.option(ruleId, { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let changes = noPushRuleChanges;
      for (const { what, kind, ruleId: id, flag, before } of steps) {
        const result =
          what === 'put'
            ? putPushRule(changes, kind, id, notify, { before })
            : what === 'delete'
              ? deletePushRule(changes, kind, id)
              : what === 'enable'
                ? setPushRuleEnabled(changes, kind, id, flag)
                : setPushRuleActions(changes, kind, id, flag ? ['notify'] : []);
        changes = result.changes ?? changes;
      }
      assert.deepEqual(JSON.parse(JSON.stringify(changes)), changes);
      const merged = mergePushRules(defaultPushRules(alice), changes);
      assert.equal(merged.override[0]?.rule_id, '.m.rule.master');
      for (const rules of Object.values(merged)) {
        assert.equal(new Set(rules.map((rule) => rule.rule_id)).size, rules.length);
      }
    }),
  );
});
