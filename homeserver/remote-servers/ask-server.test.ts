import assert from 'node:assert/strict';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { connect } from 'node:tls';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { type FakeServer, startFakeServer } from '../testing/start-fake-server.ts';
import { type FederatedHomeserver, startFederatedHomeservers } from '../testing/start-federated-homeservers.ts';
import type { TestNetwork } from '../testing/test-network.ts';
import { askServer, askServerForBytes, type ServerQuestion } from './ask-server.ts';
import { backOffsOf, readBackOff } from './back-off/back-offs.ts';
import { connectionsOf } from './connections/connections-of.ts';
import { fetchUrl } from './connections/fetch-url.ts';
import { readResponse } from './connections/read-response.ts';

let network: TestNetwork;
let one: FederatedHomeserver;
let two: FederatedHomeserver;
let fake: FakeServer;
let stop: () => Promise<void>;

before(async () => {
  const started = await startFederatedHomeservers({ servers: 2, config: { 'federation.deny': ['denied.test'] } });
  ({ network, stop } = started);
  [one, two] = started.homeservers as [FederatedHomeserver, FederatedHomeserver];
  fake = await startFakeServer(network, 'fake.test');
});
after(async () => {
  await fake.stop();
  await stop();
});

function ask(path: string, options: Partial<ServerQuestion> = {}) {
  return askServer(one.context, { server: 'fake.test', method: 'GET', path, timeoutMs: 10_000, ...options });
}

test('two servers find each other and publish their keys', async () => {
  const keys = await ask('/_matrix/key/v2/server', { server: 'two.test' });
  assert.deepEqual(Object.keys(keys['verify_keys'] as object), [two.context.signingKey.keyId]);
  const version = await ask('/_matrix/federation/v1/version', { server: 'two.test' });
  assert.equal((version['server'] as { name: string }).name, 'Holdfast');
});

test('a request carries its destination, its body and the name that the certificate is of', async () => {
  fake.answer('/say', { heard: true });
  assert.deepEqual(await ask('/say?a=%20b', { method: 'PUT', body: { z: 1, a: 'é' } }), { heard: true });
  const { headers, body, url } = await fake.waitForRequest('/say');
  assert.deepEqual([url, headers.host, body], ['/say?a=%20b', 'fake.test', { a: 'é', z: 1 }]);
  assert.match(
    headers.authorization ?? '',
    /^X-Matrix origin="one.test",destination="fake.test",key="ed25519:\w+",sig="/,
  );
});

test('an error status is given with its code, what is no JSON is a bad answer', async () => {
  fake.answer('/refuse', (response) => {
    response.statusCode = 403;
    return { errcode: 'M_FORBIDDEN', error: 'You may not' };
  });
  await assert.rejects(ask('/refuse'), { kind: 'refused', status: 403, errcode: 'M_FORBIDDEN' });
  fake.answer('/words', (response) => void response.end('<html>'));
  await assert.rejects(ask('/words'), { kind: 'bad-answer' });
  fake.answer('/list', []);
  await assert.rejects(ask('/list'), { kind: 'bad-answer' });
  fake.answer('/large', { text: 'x'.repeat(10_000) });
  await assert.rejects(ask('/large', { maxBytes: 5_000 }), { kind: 'bad-answer' });
  fake.answer('/endless', (response) => {
    response.write('{"a":"');
    const more = () => response.destroyed || response.write('x'.repeat(1_000), more);
    more();
    return undefined;
  });
  await assert.rejects(ask('/endless', { maxBytes: 50_000 }), { kind: 'bad-answer' });
  assert.equal(readBackOff(one.context, 'fake.test'), undefined, 'it is there, whatever it says');
});

test('a server that hangs or trickles is given up at the deadline, and then left alone', async () => {
  const slow = await startFakeServer(network, 'slow.test');
  slow.answer('/hang', () => undefined);
  slow.answer('/trickle', (response) => {
    response.writeHead(200);
    response.write('{"a":');
    return undefined;
  });
  slow.answer('/well', {});
  // With a connection at hand the time is that of the answer alone.
  await ask('/well', { server: 'slow.test' });
  for (const path of ['/hang', '/trickle']) {
    const asked = ask(path, { server: 'slow.test', timeoutMs: 500, evenWhenBackingOff: true });
    await assert.rejects(asked, { kind: 'timeout' });
  }
  const { length } = slow.requests;
  await assert.rejects(ask('/hang', { server: 'slow.test' }), { kind: 'backing-off' });
  assert.equal(slow.requests.length, length);
  await ask('/well', { server: 'slow.test', evenWhenBackingOff: true });
  assert.equal(readBackOff(one.context, 'slow.test'), undefined, 'an answer ends it');
  await slow.stop();
});

test('a server that sends something itself is asked again at once', async () => {
  backOffsOf.of(one.context).failed('fake.test', 'it did not answer');
  await assert.rejects(ask('/say'), { kind: 'backing-off' });
  const path = '/_matrix/federation/v1/query/profile?user_id=%40nobody%3Aone.test';
  const reply = await fake.send(one.baseUrl, 'one.test', 'GET', path);
  assert.notEqual(reply.status, 401);
  await ask('/say');
});

test('a name without a server, a denied one and a forbidden address are errors of their own kind', async () => {
  await assert.rejects(ask('/say', { server: 'nobody.test' }), { kind: 'unreachable' });
  await assert.rejects(ask('/say', { server: 'denied.test' }), { kind: 'not-allowed' });
  network.hosts.set('inside.test', ['10.0.0.1', '169.254.169.254']);
  await assert.rejects(ask('/say', { server: 'inside.test' }), { kind: 'unreachable', message: /private address/ });
  await assert.rejects(ask('/say', { server: '10.0.0.1:1' }), { kind: 'unreachable', message: /private address/ });
  await assert.rejects(ask('/say', { server: '[::1]:1' }), { kind: 'unreachable', message: /private address/ });
});

/** A listener on a port of its own that shows the certificate given. */
async function listenWith(serverName: string, pair: { certificate: string; key: string }) {
  const listener = createServer({ cert: pair.certificate, key: pair.key }, (_request, response) => response.end('{}'));
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
  network.addServer(serverName, (listener.address() as AddressInfo).port);
  return listener;
}

test('nothing is sent to a server whose certificate is of another name, expired or of an unknown authority', async () => {
  const { makeCertificate } = await import('../testing/make-certificate.ts');
  const day = 86_400_000;
  const stories = {
    'other-name.test': [network.makeCertificate(['else.test']), /another name/],
    'expired.test': [network.makeCertificate(['expired.test'], { notAfter: Date.now() - day / 2 }), /expired/],
    'own.test': [makeCertificate({ names: ['own.test'] }), /self-signed/],
  } as const;
  for (const [serverName, [pair, message]] of Object.entries(stories)) {
    const listener = await listenWith(serverName, pair);
    let requests = 0;
    listener.on('request', () => requests++);
    await assert.rejects(ask('/say', { server: serverName }), { kind: 'unreachable', message });
    assert.equal(requests, 0);
    listener.close();
  }
});

test('where an SRV record leads elsewhere the certificate must still be of the name itself', async () => {
  const listener = await listenWith('delegated.test', network.makeCertificate(['delegated.test']));
  const { port } = listener.address() as AddressInfo;
  network.hosts.set('machine.test', ['127.0.0.1']);
  network.hosts.delete('delegated.test');
  network.services.set('_matrix-fed._tcp.delegated.test', [
    { host: 'machine.test', port: 1, priority: 1, weight: 0 },
    { host: 'machine.test', port, priority: 2, weight: 0 },
  ]);
  assert.deepEqual(await ask('/say', { server: 'delegated.test' }), {}, 'the second target is tried too');
  listener.close();
  listener.closeAllConnections();
});

test('connections are used again, also when the other side has closed them meanwhile', async () => {
  const [first, second] = await Promise.all(['/say', '/say'].map((path) => ask(path)));
  assert.deepEqual([first, second], [{ heard: true }, { heard: true }]);
  const { agent } = connectionsOf.of(one.context);
  const open = agent.openCount;
  await ask('/say');
  assert.equal(agent.openCount, open);
  fake.answer('/close', (response) => {
    // Closed directly behind the answer, without saying so.
    response.once('finish', () => response.socket?.destroy());
    return {};
  });
  await ask('/close');
  await ask('/say');
});

test('bytes are given as they come, and break off where they are too many', async () => {
  fake.answer('/file', (response) => void response.writeHead(200, { 'Content-Type': 'image/png' }).end('picture'));
  const question = { server: 'fake.test', method: 'GET', path: '/file', timeoutMs: 5_000 } as const;
  const { status, headers, body } = await askServerForBytes(one.context, question);
  assert.deepEqual(
    [status, headers['content-type'], await Array.fromAsync(body, String)],
    [200, 'image/png', ['picture']],
  );
  const { body: cut } = await askServerForBytes(one.context, { ...question, path: '/endless', maxBytes: 20_000 });
  await assert.rejects(Array.fromAsync(cut), { name: 'ResponseTooLargeError' });
});

test('a body that breaks off before anybody reads it is told to who reads it then, and ends no process', async () => {
  fake.answer('/broken', (response) => {
    response.writeHead(200, { 'Content-Length': 1_000 });
    response.write('begun', () => response.destroy());
    return undefined;
  });
  const question = { server: 'fake.test', method: 'GET', path: '/broken', timeoutMs: 5_000 } as const;
  const { body } = await askServerForBytes(one.context, question);
  await new Promise<void>((resolve) => body.once('close', resolve));
  await assert.rejects(Array.fromAsync(body), { code: 'ECONNRESET' });
});

test('other addresses are read under the same rules: redirections to https, no circles, no private addresses', async () => {
  const { port } = new URL(`https://x:${network.services.get('_matrix-fed._tcp.fake.test')?.[0]?.port}`);
  const read = async (url: string) => {
    const deadline = startDeadline(5_000, 'reading');
    const connections = connectionsOf.of(one.context);
    try {
      return String(await readResponse(await fetchUrl(connections, url, deadline), 1_000, deadline));
    } finally {
      deadline.finish();
    }
  };
  const redirect = (path: string, location: string) =>
    fake.answer(path, (response) => void response.writeHead(302, { location }).end());
  const base = `https://fake.test:${port}`;
  redirect('/there', '/file');
  assert.equal(await read(`${base}/there`), 'picture');
  redirect('/circle', '/circle');
  await assert.rejects(read(`${base}/circle`), /redirects without end/);
  redirect('/plain', `http://fake.test:${port}/file`);
  await assert.rejects(read(`${base}/plain`), /without https/);
  redirect('/inside', 'https://10.0.0.1/');
  await assert.rejects(read(`${base}/inside`), /private address/);
});

test('no SNI is sent for an address, and the listener of this server speaks TLS 1.2 or newer', async () => {
  const { port } = new URL(`https://x:${network.services.get('_matrix-fed._tcp.two.test')?.[0]?.port}`);
  const listener = await listenWith('127.0.0.1', network.makeCertificate(['127.0.0.1']));
  const names: unknown[] = [];
  listener.on('secureConnection', (socket) => names.push((socket as { servername?: unknown }).servername));
  const { port: own } = listener.address() as AddressInfo;
  assert.deepEqual(await ask('/say', { server: `127.0.0.1:${own}` }), {});
  assert.deepEqual(names, [false]);
  listener.close();
  listener.closeAllConnections();
  const old = connect({ host: '127.0.0.1', port: Number(port), maxVersion: 'TLSv1.1', rejectUnauthorized: false });
  await assert.rejects(new Promise((resolve, reject) => old.once('secureConnect', resolve).once('error', reject)));
});
