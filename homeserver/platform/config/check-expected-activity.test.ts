import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkExpectedActivity } from './check-expected-activity.ts';

test('expected activity names a service and minutes, and nothing else', () => {
  assert.equal(checkExpectedActivity([{ service: 'telegram', within_minutes: 30 }]), undefined);
  assert.match(checkExpectedActivity([{ service: 'telegram', within_minutes: 0 }]) ?? '', /\(0 within_minutes\)/);
  assert.match(checkExpectedActivity([{ within_minutes: 30 }]) ?? '', /service/);
});
