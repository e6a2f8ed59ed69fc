import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBenchOptions } from './bench-options.ts';

function read(...args: string[]) {
  const options = readBenchOptions(args);
  assert.notEqual(options, 'help');
  return options as Exclude<typeof options, 'help'>;
}

test('another server is measured between Holdfast and the ceiling', () => {
  assert.deepEqual(read('--against', 'synapse').peers, ['holdfast', 'synapse', 'ceiling']);
  assert.deepEqual(read().peers, ['holdfast', 'ceiling']);
  assert.deepEqual(read('--peers', 'synapse').peers, ['synapse']);
});

test('only what is named is measured, and names that are not known are refused', () => {
  assert.deepEqual([...read('--only', 'send, join').wanted], ['send', 'join']);
  assert.ok(read().wanted.has('micro'));
  assert.throws(() => read('--only', 'sned'), /unknown: sned; known: micro, send/);
  assert.throws(() => read('--against', 'dendrite'), /unknown: dendrite/);
  assert.throws(() => read('--gainst', 'synapse'), /Unknown option/);
});

test('a size must be a number', () => {
  assert.equal(read('--members', '10000').sizes.largeRoomMembers, 10_000);
  assert.throws(() => read('--members', 'many'), /not a number/);
  assert.throws(() => read('--members', '0'), /not a number/);
});

test('a server that runs already is measured with what is known of it', () => {
  assert.deepEqual(read('--server', 'http://localhost:8008', '--server-pid', '12').server, {
    baseUrl: 'http://localhost:8008',
    registrationSecret: undefined,
    databaseUrl: undefined,
    pid: 12,
  });
});
