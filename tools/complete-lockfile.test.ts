import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findLockfileHoles, type Lockfile } from './complete-lockfile.ts';

test('a platform build that the lock file names without locking it is filled in for that platform only', () => {
  const lockfile: Lockfile = {
    packages: {
      '': {},
      'node_modules/linter': {
        dev: true,
        optionalDependencies: { '@linter/linux-x64-musl': '1.2.3', '@linter/win32-arm64': '1.2.3', present: '2.0.0' },
      },
      'node_modules/present': { version: '2.0.0', optional: true },
    },
  };
  assert.deepEqual(findLockfileHoles(lockfile), {
    'node_modules/@linter/linux-x64-musl': {
      version: '1.2.3',
      cpu: ['x64'],
      dev: true,
      libc: ['musl'],
      optional: true,
      os: ['linux'],
    },
    'node_modules/@linter/win32-arm64': { version: '1.2.3', cpu: ['arm64'], dev: true, optional: true, os: ['win32'] },
  });
});

test('a dependency locked in the dependent, or in any folder around it, is no hole', () => {
  const lockfile: Lockfile = {
    packages: {
      'node_modules/a/node_modules/b': { optionalDependencies: { inner: '1.0.0', between: '1.0.0', outer: '1.0.0' } },
      'node_modules/a/node_modules/b/node_modules/inner': {},
      'node_modules/a/node_modules/between': {},
      'node_modules/outer': {},
      homeserver: { optionalDependencies: { outer: '1.0.0' } },
    },
  };
  assert.deepEqual(findLockfileHoles(lockfile), {});
});

test('a range cannot be filled in', () => {
  const lockfile: Lockfile = { packages: { 'node_modules/a': { optionalDependencies: { b: '^1.0.0' } } } };
  assert.throws(() => findLockfileHoles(lockfile), /not one version/);
});
