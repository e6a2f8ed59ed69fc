import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeDetails } from './describe-details.ts';

test('secrets are not in what is recorded, however deep they lie', () => {
  const text = describeDetails({ username: 'anna', password: 'hunter2', list: [{ shared_secret: 'x1' }], mac: 'ab' });
  assert.doesNotMatch(text, /hunter2|x1|ab/);
  assert.deepEqual(JSON.parse(text), {
    username: 'anna',
    password: '(withheld)',
    list: [{ shared_secret: '(withheld)' }],
    mac: '(withheld)',
  });
});

test('what is recorded is bounded, and is JSON whatever is cut off', () => {
  const text = describeDetails({ reason: '\u{1F600}"\\'.repeat(5_000) });
  assert.ok(text.length < 9_000);
  JSON.parse(text);
  assert.equal(describeDetails(undefined), '{}');
});
