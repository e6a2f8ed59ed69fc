import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { collectLog } from '../../testing/collect-log.ts';
import { loadConfig } from '../config/load-config.ts';
import type { PlatformContext } from '../platform-context.ts';
import { forwardCommand } from './forward-command.ts';
import { type CommandServer, type RunForwarded, serveCommands } from './serve-commands.ts';
import { ShardUnavailableError } from './shard-error.ts';

const secret = 'the-secret-of-the-cluster';
const records = collectLog();
const context = {
  config: loadConfig({ environment: { HOLDFAST_SERVER_NAME: 'test' } }).config,
  log: records.log,
} as unknown as PlatformContext;

const run: RunForwarded = async (name, shard, input, timeoutMs) => {
  if (name === 'refuse') throw new MatrixError('M_TOO_LARGE', 'too much', { fields: { limit: 7 } });
  if (name === 'unavailable') throw new ShardUnavailableError('gone', 'unknown');
  if (name === 'break') throw new Error('a bug with secrets in it');
  if (name === 'hang') await new Promise(() => {});
  return { name, shard, input, inTime: timeoutMs > 0 };
};

let server: CommandServer;
before(async () => {
  server = await serveCommands(context, secret, run);
});
after(() => server.close());

function forward(
  name: string,
  options: { input?: unknown; secret?: string; onOwnerChange?: (abandon: () => void) => () => void } = {},
) {
  return forwardCommand({
    address: server.address,
    secret: options.secret ?? secret,
    name,
    shard: 3,
    input: options.input ?? { text: 'ü🎉' },
    timeoutMs: 10_000,
    onOwnerChange: options.onOwnerChange ?? (() => () => {}),
  });
}

test('a command goes over with its input and comes back with its result', async () => {
  assert.deepEqual(await forward('echo'), { name: 'echo', shard: 3, input: { text: 'ü🎉' }, inTime: true });
});

test('what it throws comes back as it was, except for bugs, which stay where they are', async () => {
  await assert.rejects(forward('refuse'), { errcode: 'M_TOO_LARGE', status: 413, fields: { limit: 7 } });
  await assert.rejects(forward('unavailable'), { name: 'ShardUnavailableError', outcome: 'unknown' });
  await assert.rejects(forward('break'), { errcode: 'M_UNKNOWN', status: 500, message: 'Internal server error' });
  await records.waitFor('a forwarded command failed');
});

test('nobody without the secret runs a command', async () => {
  for (const wrong of ['', 'the-secret-of-the-clusteR', `${secret}x`]) {
    await assert.rejects(forward('echo', { secret: wrong }), { errcode: 'M_FORBIDDEN' });
  }
});

test('an input beyond the bound is refused', async () => {
  await assert.rejects(forward('echo', { input: 'x'.repeat(17 * 1024 * 1024) }), (error) => {
    // The connection may break before the refusal has been read.
    return error instanceof ShardUnavailableError || (error as MatrixError).errcode === 'M_TOO_LARGE';
  });
});

test('a command is given up when its shard has another owner', async () => {
  let stopped = 0;
  const forwarded = forward('hang', {
    onOwnerChange(abandon) {
      setImmediate(abandon);
      return () => stopped++;
    },
  });
  await assert.rejects(forwarded, { name: 'ShardUnavailableError', outcome: 'unknown' });
  assert.ok(stopped > 0);
});

test('bytes that are no command do not stop the server', async () => {
  const [host, port] = server.address.split(':');
  for (const bytes of [
    '\0\0\0\0',
    'GET / HTTP/1.1\r\n\r\n',
    `POST /commands/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n{`,
  ]) {
    const socket = connect(Number(port), host);
    await once(socket, 'connect');
    socket.end(bytes);
    socket.resume();
    await once(socket, 'close');
  }
  assert.ok(await forward('echo'));
});

test('the end does not wait for connections that others keep open', async () => {
  const other = await serveCommands(context, secret, run);
  const [host, port] = other.address.split(':');
  const idle = connect(Number(port), host);
  await once(idle, 'connect');
  const request = 'POST /commands/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nAuthorization: Bearer';
  idle.write(`${request} ${secret}\r\n\r\n{}`);
  await once(idle, 'data');
  await other.close();
  idle.destroy();
});
