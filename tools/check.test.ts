import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Check, runChecks } from './check.ts';

const passing = { passed: true, summary: 'all well', details: '' };

test('results come in the order of the checks, however long each takes', async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const checks: Check[] = [
    { name: 'slow', says: '', run: () => promise.then(() => ({ ...passing, summary: 'slow' })) },
    {
      name: 'quick',
      says: '',
      run: async () => {
        resolve();
        return { ...passing, summary: 'quick' };
      },
    },
  ];
  const results = await runChecks(checks, 2);
  assert.deepEqual(
    results.map(({ summary }) => summary),
    ['slow', 'quick'],
  );
});

test('a check that throws has failed, and the others still run', async () => {
  const checks: Check[] = [
    { name: 'broken', says: '', run: () => Promise.reject(new Error('no parser')) },
    { name: 'well', says: '', run: async () => passing },
  ];
  const [broken, well] = await runChecks(checks, 1);
  assert.equal(broken?.passed, false);
  assert.match(broken?.details ?? '', /no parser/);
  assert.equal(well?.passed, true);
});
