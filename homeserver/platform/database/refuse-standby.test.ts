import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createTestDatabase } from '../../testing/create-test-database.ts';
import { isDatabaseOutage } from './database-error.ts';
import { openDatabase } from './open-database.ts';
import { refuseStandby } from './refuse-standby.ts';

/** A message of PostgreSQL's protocol. */
function message(type: string, body: string): Buffer {
  const text = Buffer.from(body, 'latin1');
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeInt32BE(4 + text.length, 1);
  return Buffer.concat([head, text]);
}

const greet = (standby: string) =>
  Buffer.concat([
    message('R', '\0\0\0\0'),
    message('S', 'client_encoding\0UTF8\0'),
    message('S', `in_hot_standby\0${standby}\0`),
    message('Z', 'I'),
  ]);

async function listen(onConnection: (socket: Socket) => unknown) {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    onConnection(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: (server.address() as AddressInfo).port };
}

/** What a client sees of a greeting that comes in these pieces, and how its connection ends. */
async function meet(pieces: readonly Buffer[]): Promise<{ seen: Buffer; error: unknown }> {
  const { server, port } = await listen(async (socket) => {
    socket.setNoDelay(true);
    // The client asks for each piece, so that they come one by one.
    for (const piece of pieces) {
      await once(socket, 'data');
      socket.write(piece);
    }
    socket.end();
  });
  const socket = connect(port, '127.0.0.1');
  refuseStandby(socket, () => new Error('a standby'));
  const seen: Buffer[] = [];
  let error: unknown;
  socket.on('data', (piece: Buffer) => {
    seen.push(piece);
    socket.write('more');
  });
  socket.on('error', (reason) => {
    error = reason;
  });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.write('begin');
  await closed;
  server.close();
  return { seen: Buffer.concat(seen), error };
}

test('who says that it is a standby is left before its client hears of it, however the greeting is cut', async () => {
  const greeting = greet('on');
  const { seen, error } = await meet([greeting]);
  assert.deepEqual([seen.length, String(error)], [0, 'Error: a standby']);
  const name = greeting.indexOf('standby');
  const cut = await meet([greeting.subarray(0, name), greeting.subarray(name)]);
  assert.deepEqual([cut.seen.length, String(cut.error)], [name, 'Error: a standby']);
});

test('who is none is heard whole, also when it speaks of standbys later', async () => {
  const pieces = [greet('off'), Buffer.from('in_hot_standby\0on\0')];
  assert.deepEqual(await meet(pieces), { seen: Buffer.concat(pieces), error: undefined });
  const long = [Buffer.alloc(17_000, 1), Buffer.from('in_hot_standby\0on\0')];
  assert.deepEqual(await meet(long), { seen: Buffer.concat(long), error: undefined });
});

test('a standby whose greeting takes long is left for the primary', async () => {
  const database = await createTestDatabase({ migrated: false });
  const slowMs = 1_200;
  const { server, port } = await listen((socket) => {
    socket.once('data', () => setTimeout(() => socket.write(greet('on')), slowMs));
  });
  const url = database.url.replace(new URL(database.url).host, `127.0.0.1:${port},${new URL(database.url).host}`);
  const sql = openDatabase({ url, poolSize: 2, applicationName: 'holdfast test', statementTimeoutMs: 3_000 });
  const untilMs = performance.now() + 20_000;
  for (;;) {
    const answer = await sql`SELECT 1 AS one`.catch((error: unknown) => error);
    if (Array.isArray(answer)) break;
    assert.ok(isDatabaseOutage(answer), String(answer));
    assert.ok(performance.now() < untilMs, 'it never came to the primary');
  }
  await sql.end({ timeout: 1 });
  server.close();
  await database.drop();
});

test('a query whose primary ends the connection under it is answered, also the first one and with several hosts', async () => {
  const goesAway = await listen((socket) => {
    socket.once('data', () => {
      socket.write(greet('off'));
      // As a server does that is shut down: it says why, and ends the connection without an error.
      socket.once('data', () => socket.end(message('E', 'SFATAL\0C57P01\0Mterminating connection\0\0')));
    });
  });
  const other = await listen((socket) => socket.destroy());
  const url = `postgres://a:b@127.0.0.1:${goesAway.port},127.0.0.1:${other.port}/c`;
  const sql = openDatabase({ url, poolSize: 1, applicationName: 'holdfast test', statementTimeoutMs: 3_000 });
  await assert.rejects(sql`SELECT 1`, (error) => isDatabaseOutage(error));
  await sql.end({ timeout: 0 });
  goesAway.server.close();
  other.server.close();
});
