import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { adminApiDocument, describeAdminApi } from '../../testing/describe-admin-api.ts';
import { adminRoutes } from './routes.ts';

test('the OpenAPI document says what the endpoints take', async () => {
  const [made, stored] = [await describeAdminApi(), await readFile(adminApiDocument, 'utf8')];
  assert.equal(made, stored, 'write it again with: node homeserver/testing/describe-admin-api.ts');
});

test('every operation of our own is in the document once, and says what it does', async () => {
  const { paths } = JSON.parse(await describeAdminApi()) as {
    paths: Record<string, Record<string, { operationId: string; description?: string }>>;
  };
  const described = Object.values(paths).flatMap((operations) => Object.values(operations));
  const own = adminRoutes.filter(({ path }) => path.startsWith('/_holdfast/'));
  assert.deepEqual(
    described.map(({ operationId }) => operationId).toSorted(),
    own.map(({ operation }) => operation).toSorted(),
  );
  for (const { operationId, description } of described) assert.ok((description?.length ?? 0) > 10, operationId);
});

test('whatever is listed is bounded, and every text and number that is taken has its bounds', () => {
  for (const { operation, query, body } of adminRoutes) {
    for (const schema of [query, body]) if (schema) checkBounds(schema, operation);
  }
});

/** Texts have a greatest length or a pattern, numbers and lists a greatest value. */
function checkBounds(schema: { readonly [keyword: string]: unknown }, where: string): void {
  const { type, properties, items, anyOf } = schema;
  if (type === 'string') assert.ok('maxLength' in schema || 'pattern' in schema, `${where}: an endless text`);
  if (type === 'array') assert.ok('maxItems' in schema, `${where}: an endless list`);
  if (type === 'integer' || type === 'number') assert.ok('minimum' in schema, `${where}: a number without bounds`);
  for (const [name, each] of Object.entries((properties ?? {}) as Record<string, never>))
    checkBounds(each, `${where}.${name}`);
  if (items) checkBounds(items as never, `${where}[]`);
  for (const each of (anyOf ?? []) as never[]) checkBounds(each, where);
}
