import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { describeMigratedSchema, schemaManifest } from '../testing/describe-schema.ts';

test('the manifest says what the migrations make', async () => {
  const [made, manifest] = [await describeMigratedSchema(), await readFile(schemaManifest, 'utf8')];
  assert.equal(made, manifest, 'write it again with: node homeserver/testing/describe-schema.ts');
});
