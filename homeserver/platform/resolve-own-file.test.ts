import assert from 'node:assert/strict';
import type { ResolveFnOutput } from 'node:module';
import { test } from 'node:test';
import { resolveOwnFile } from './resolve-own-file.ts';

const asked: ResolveFnOutput = { url: 'asked:', format: 'module' };

function resolve(specifier: string, parentURL: string | undefined = import.meta.url) {
  return resolveOwnFile(specifier, { conditions: [], importAttributes: {}, parentURL }, () => asked);
}

test('own files get the address that Node.js would give them, so that none is loaded twice', () => {
  const own = ['./clock.ts', '../http/routes.ts', '@holdfast/protocol/json/parse-json.ts'];
  for (const specifier of own) {
    assert.deepEqual(resolve(specifier), {
      url: import.meta.resolve(specifier),
      format: 'module-typescript',
      shortCircuit: true,
    });
  }
});

test('packages, modules of Node.js and where a program begins are left to Node.js', () => {
  for (const specifier of ['fastify', 'node:fs', './index.js', '@scope/package/file.ts']) {
    assert.equal(resolve(specifier), asked);
  }
  assert.equal(
    resolveOwnFile('./holdfast.ts', { conditions: [], importAttributes: {} } as never, () => asked),
    asked,
  );
});
