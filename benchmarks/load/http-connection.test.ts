import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { openHttpConnection } from './http-connection.ts';

/** A server that answers each request (told by its blank line) with what `answer` writes. */
async function listen(context: TestContext, answer: (socket: Socket, request: string) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      const request = text;
      text = '';
      answer(socket, request);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  context.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Writes the bytes in two parts, the second after the first has gone out. */
function writeInTwo(socket: Socket, text: string, at: number): void {
  socket.write(text.slice(0, at), () => setImmediate(() => socket.write(text.slice(at))));
}

const plainReply = 'HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n{"a":"b\\n"}';
const chunkedReply =
  'HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{"a"\r\nA;x=y\r\n:"abcdefg"\r\n1\r\n}\r\n0\r\n\r\n';

test('a reply with a length is whole wherever its bytes are cut', async (context) => {
  let at = 0;
  const url = await listen(context, (socket) => writeInTwo(socket, plainReply, at));
  const connection = openHttpConnection(url);
  context.after(() => connection.close());
  for (at = 1; at < plainReply.length; at += 1) {
    const { status, body } = await connection.request('GET', '/');
    assert.deepEqual([status, body.toString()], [200, '{"a":"b\\n"}'], `cut at ${at}`);
  }
});

test('a reply in chunks is whole wherever its bytes are cut before the last chunk', async (context) => {
  let at = 0;
  const url = await listen(context, (socket) => writeInTwo(socket, chunkedReply, at));
  const connection = openHttpConnection(url);
  context.after(() => connection.close());
  for (at = 1; at < chunkedReply.length; at += 1) {
    const { status, body } = await connection.request('GET', '/');
    assert.deepEqual([status, body.toString()], [404, '{"a":"abcdefg"}'], `cut at ${at}`);
  }
});

test('token and body go out with their length in bytes, and requests follow each other on one socket', async (context) => {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  const url = await listen(context, (socket, request) => {
    requests.push(request);
    sockets.add(socket);
    socket.write(plainReply);
  });
  const connection = openHttpConnection(url);
  context.after(() => connection.close());
  await connection.request('PUT', '/path?a=b', { token: 'secret', body: '{"ü":1}' });
  await connection.request('GET', '/second');
  assert.match(requests[0] ?? '', /^PUT \/path\?a=b HTTP\/1\.1\r\n/);
  assert.match(requests[0] ?? '', /\r\nAuthorization: Bearer secret\r\n.*\r\nContent-Length: 8\r\n\r\n/s);
  assert.match(requests[1] ?? '', /^GET \/second HTTP\/1\.1\r\nHost: [^\r]+\r\n\r\n$/);
  assert.equal(sockets.size, 1);
});

test('a server that closes before its reply is an error, and the next request opens a new socket', async (context) => {
  let count = 0;
  const url = await listen(context, (socket) => {
    count += 1;
    if (count === 1) socket.destroy();
    else socket.write(plainReply);
  });
  const connection = openHttpConnection(url);
  context.after(() => connection.close());
  await assert.rejects(connection.request('GET', '/'), /closed the connection|ECONNRESET/);
  assert.equal((await connection.request('GET', '/')).status, 200);
});

test('a reply that says close is not followed by a request on the same socket', async (context) => {
  const sockets = new Set<Socket>();
  const url = await listen(context, (socket) => {
    sockets.add(socket);
    socket.write(plainReply.replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
  });
  const connection = openHttpConnection(url);
  context.after(() => connection.close());
  await connection.request('GET', '/');
  await connection.request('GET', '/');
  assert.equal(sockets.size, 2);
});

const unreadable: Record<string, string> = {
  'no HTTP': 'SSH-2.0-OpenSSH\r\n\r\n',
  'neither a length nor chunks': 'HTTP/1.1 200 OK\r\n\r\n',
  'a chunk without a size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
};
for (const [story, bytes] of Object.entries(unreadable)) {
  test(`a reply that has ${story} is an error`, async (context) => {
    const url = await listen(context, (socket) => socket.write(bytes));
    const connection = openHttpConnection(url);
    context.after(() => connection.close());
    await assert.rejects(connection.request('GET', '/'), /not an HTTP reply|neither length|without a size/);
  });
}

test('a second request while one is under way is refused', async (context) => {
  const url = await listen(context, () => {});
  const connection = openHttpConnection(url);
  const first = connection.request('GET', '/');
  await assert.rejects(connection.request('GET', '/'), /busy/);
  connection.close();
  await assert.rejects(first, /closed by its owner/);
});

test('a server that says nothing is given up', async (context) => {
  const url = await listen(context, () => {});
  const connection = openHttpConnection(url);
  await assert.rejects(connection.request('GET', '/', { silenceTimeoutMs: 20 }), /no byte from/);
});
