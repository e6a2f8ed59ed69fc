import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { silentLog } from '@holdfast/effects/log.ts';
import { makeTestFolder } from '../testing/make-test-folder.ts';
import { superviseIrcBridge } from './supervise-irc-bridge.ts';

const settings = {
  homeserver: { url: 'http://127.0.0.1:1', server_name: 'example.org' },
  database_url: 'postgres://nowhere/none',
  registration: 'irc-bridge.yaml',
  key_file: 'irc-bridge.key',
};

/** A clock whose pauses are over at once. */
const hasty = { ...systemClock, sleep: () => Promise.resolve() };

/** A program that connects to the test and sends what it was told. */
const program = `
import { connect } from 'node:net';
const socket = connect(Number(process.argv[3]), '127.0.0.1');
process.stdin.once('data', (data) => socket.write(data));
process.on('SIGTERM', () => process.exit(0));
socket.on('data', () => process.exit(3));
`;

test('the bridge is told its settings, started again when it ends, and ended with the homeserver', async () => {
  const folder = await makeTestFolder();
  const file = join(folder, 'fake-bridge.mjs');
  await writeFile(file, program);
  const server = createServer().listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const nextStart = async (): Promise<[Socket, unknown]> => {
    const [socket] = (await once(server, 'connection')) as [Socket];
    const [data] = (await once(socket, 'data')) as [Buffer];
    return [socket, JSON.parse(data.toString()) as unknown];
  };
  const first = nextStart();
  const bridge = superviseIrcBridge({
    configFile: String(port),
    settings,
    clock: hasty,
    log: silentLog,
    program: file,
  });
  const [socket, told] = await first;
  assert.deepEqual(told, settings);
  const second = nextStart();
  socket.write('end');
  assert.deepEqual((await second)[1], settings);
  assert.equal(bridge.restarts, 1);
  await bridge.stop();
});
