import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPushRules } from './default-push-rules.ts';
import { findPushRule, isPushRuleKind, pushRuleKinds } from './push-rule.ts';

test('the kinds of push rules are those of the specification and no others', () => {
  for (const kind of pushRuleKinds) assert.equal(isPushRuleKind(kind), true);
  for (const other of ['', 'Override', 'device', 'length', '__proto__']) assert.equal(isPushRuleKind(other), false);
});

test('a rule is found under its own kind only', () => {
  const rules = defaultPushRules('@alice:example.org');
  assert.equal(findPushRule(rules, 'underride', '.m.rule.message')?.rule_id, '.m.rule.message');
  assert.equal(findPushRule(rules, 'override', '.m.rule.message'), undefined);
});

test('there are the fifteen predefined rules, all enabled but the one that turns everything off', () => {
  const rules = Object.values(defaultPushRules('@alice:example.org')).flat();
  assert.equal(rules.length, 15);
  assert.deepEqual(
    rules.filter((rule) => !rule.enabled).map((rule) => rule.rule_id),
    ['.m.rule.master'],
  );
  assert.ok(rules.every((rule) => rule.default && rule.rule_id.startsWith('.m.rule.')));
});
