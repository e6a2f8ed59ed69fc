import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSchema } from './check-schema.ts';
import type { Endpoint } from './endpoint.ts';
import { allPaths } from './register-routes.ts';
import { routes } from './routes.ts';

const name = (endpoint: Endpoint) => `${endpoint.method} ${endpoint.path}`;

test('the schemas of all endpoints compile, which at run time happens on first use', () => {
  for (const endpoint of routes) {
    for (const schema of [endpoint.query, endpoint.body]) {
      if (schema) assert.doesNotThrow(() => compileSchema(schema), name(endpoint));
    }
  }
});

test('each query schema names its parameters, and an object body is asked for', () => {
  for (const { query, body, ...endpoint } of routes) {
    assert.ok(query === undefined || typeof query['properties'] === 'object', name(endpoint));
    assert.ok(body === undefined || body['type'] === 'object', name(endpoint));
  }
});

test('no two endpoints answer the same method and path, whatever the parameters are called', () => {
  const owners = new Map<string, string>();
  for (const endpoint of routes) {
    for (const path of allPaths(endpoint)) {
      const place = `${endpoint.method} ${path.replace(/\{[^}]*\}/g, '{}')}`;
      assert.equal(owners.get(place), undefined, `${place}: ${endpoint.operation}`);
      owners.set(place, endpoint.operation);
    }
  }
});

test('what reads its body itself has no schema for it, and GET has no body', () => {
  for (const endpoint of routes) {
    if (endpoint.rawBody) assert.equal(endpoint.body, undefined, name(endpoint));
    if (endpoint.method === 'GET') assert.ok(!endpoint.body && !endpoint.rawBody, name(endpoint));
  }
});
