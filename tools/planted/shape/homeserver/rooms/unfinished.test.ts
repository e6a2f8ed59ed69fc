import { describe, test } from 'node:test';
test.only('one', () => {}); // breaks: tests-run
describe.skip('two', () => {}); // breaks: tests-run
test('three', { skip: true }, () => {}); // breaks: tests-run
test('four', { timeout: 1 }, (t) => t.skip()); // breaks: tests-run
test('five', () => [1].only(Date.now()));
