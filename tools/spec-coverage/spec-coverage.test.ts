import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareCoverage, type Route } from './compare-coverage.ts';
import { extractOperations } from './extract-operations.ts';
import { printCoverage } from './spec-coverage.ts';
import { parseOperations, printOperations, readSpecOperations, type SpecOperation } from './spec-operation.ts';

const yaml = `
openapi: 3.1.0
paths:
  "/rooms/{roomId}/send/{eventType}/{txnId}":
    put:
      operationId: sendMessage
  /events:
    parameters: []
    get:
      operationId: getEvents
      deprecated: true
    post:
      operationId: postEvents
servers:
  - url: "{protocol}://{hostname}{basePath}"
    variables:
      basePath:
        default: /_matrix/client/v3
`;

const send: SpecOperation = {
  api: 'client-server',
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}',
  operationId: 'sendMessage',
  deprecated: false,
};
const events: SpecOperation = { ...send, method: 'GET', path: '/_matrix/client/v3/events', operationId: 'getEvents' };
const ping: SpecOperation = { ...send, api: 'push-gateway', path: '/_matrix/push/v1/notify', operationId: 'notify' };
const route = (method: string, path: string): Route => ({ method, path, operation: 'some-operation' });

test('operations are read from OpenAPI with their base path, and what is no operation is left out', () => {
  assert.deepEqual(extractOperations('client-server', yaml), [
    send,
    { ...events, deprecated: true },
    { ...events, method: 'POST', operationId: 'postEvents' },
  ]);
});

test('an operation without an id is refused', () => {
  assert.throws(() => extractOperations('client-server', yaml.replace('operationId: sendMessage', 'summary: x')));
});

test('operations come back from the file they are written to, sorted', () => {
  const deprecated = { ...events, deprecated: true };
  assert.deepEqual(parseOperations(printOperations([ping, send, deprecated])), [deprecated, send, ping]);
  assert.throws(() => parseOperations('api\tmethod\tpath\toperation id\tstatus\nclient-server\tGET\n'));
});

test('the committed list has every API, each operation once but for the two that share a path with another', () => {
  const operations = readSpecOperations();
  const apis = ['client-server', 'server-server', 'application-service', 'identity', 'push-gateway'];
  assert.deepEqual([...new Set(operations.map(({ api }) => api))], apis);
  const { repeated } = compareCoverage(
    [],
    operations.map(({ method, path }) => route(method, path)),
  );
  // The data tells them apart by a space at the end: inviting by third-party id, and events of one room.
  assert.deepEqual(repeated.map(({ path }) => path.trim()).sort(), [
    '/_matrix/client/v3/events',
    '/_matrix/client/v3/rooms/{roomId}/invite',
  ]);
  assert.ok(operations.some(({ operationId, path }) => operationId === 'sendMessage' && path === send.path));
});

test('a route covers its operation whatever its parameters are called', () => {
  const coverage = compareCoverage([send, events], [route('put', '/_matrix/client/v3/rooms/{a}/send/{b}/{c}')]);
  assert.deepEqual(coverage.apis, [{ api: 'client-server', total: 2, built: [send], missing: [events] }]);
  assert.deepEqual(coverage.unknown, []);
});

test('a route with the wrong method or path covers nothing and is named', () => {
  const wrong = [route('POST', events.path), route('GET', `${events.path}/`)];
  const coverage = compareCoverage([events], wrong);
  assert.deepEqual(coverage.unknown, wrong);
  assert.deepEqual(coverage.apis[0]?.missing, [events]);
});

test("unstable routes and the server's own are no faults", () => {
  const own = [route('GET', '/_matrix/client/unstable/org.example/x'), route('POST', '/_synapse/admin/v1/register')];
  const coverage = compareCoverage([events], own);
  assert.deepEqual(coverage.extensions, own);
  assert.deepEqual(coverage.unknown, []);
});

test('a route that stands in the table twice is named', () => {
  const twice = route('GET', events.path);
  assert.deepEqual(compareCoverage([events], [twice, twice]).repeated, [twice]);
});

test('the report counts each API and names what is missing, but not of APIs that others serve', () => {
  const report = printCoverage(compareCoverage([send, events, ping], [route('GET', events.path)]));
  assert.match(report, /client-server +1 of +2/);
  assert.match(report, /missing in client-server:\n {2}PUT .*sendMessage/);
  assert.doesNotMatch(report, /missing in push-gateway/);
});
