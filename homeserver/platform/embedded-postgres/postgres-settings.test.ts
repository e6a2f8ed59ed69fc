import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPostgresConf } from './postgres-settings.ts';

const settings = { port: 5432, socketFolder: "/tmp/it's", durable: true, maxConnections: 50 };

test('PostgreSQL takes little of a small machine and not much of a large one', () => {
  const buffers = (memoryBytes: number) =>
    /shared_buffers = '(\d+)MB'/.exec(formatPostgresConf({ ...settings, memoryBytes }))?.[1];
  assert.equal(buffers(256 * 2 ** 20), '32');
  assert.equal(buffers(2 * 2 ** 30), '128');
  assert.equal(buffers(256 * 2 ** 30), '512');
});

test('a quote in the path stays inside its value', () => {
  assert.match(formatPostgresConf(settings), /^unix_socket_directories = '\/tmp\/it''s'$/m);
});

test('only a throw-away cluster goes without fsync', () => {
  assert.match(formatPostgresConf(settings), /^fsync = 'on'$/m);
  assert.match(formatPostgresConf({ ...settings, durable: false }), /^fsync = 'off'$/m);
});
