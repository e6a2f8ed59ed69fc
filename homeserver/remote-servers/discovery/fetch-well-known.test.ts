import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import type { Context } from '../../platform/context.ts';
import { makeManualClock } from '../../testing/make-manual-clock.ts';
import { type FakeServer, startFakeServer } from '../../testing/start-fake-server.ts';
import { makeTestNetwork } from '../../testing/test-network.ts';
import { connectionsOf, nameResolvers } from '../connections/connections-of.ts';
import { fetchWellKnown } from './route-cache.ts';

const path = '/.well-known/matrix/server';
const network = await makeTestNetwork();
const clock = makeManualClock();
const federation = { maxConnections: 10, caFile: network.caFile, privateAddresses: ['127.0.0.0/8'] };
const metrics = createMetrics({ processMetrics: false });
const context = { clock, metrics, config: { federation } } as unknown as Context;

let host: FakeServer;
let base: string;
before(async () => {
  nameResolvers.set(context, network.resolver);
  host = await startFakeServer(network, 'host.test');
  base = `https://host.test:${network.services.get('_matrix-fed._tcp.host.test')?.[0]?.port}`;
});
after(async () => {
  connectionsOf.of(context).close();
  await host.stop();
});

const readSizeBytes = async () => (await fetchWellKnown(context, base + path)).body.length;

test('a well-known file may have 50 KiB, whether its size is announced or not', async () => {
  const most = 50 * 1024;
  for (const isAnnounced of [true, false]) {
    const answerWith = (sizeBytes: number) =>
      host.answer(path, (response) => {
        if (isAnnounced) response.setHeader('Content-Length', sizeBytes);
        else response.write(' ');
        response.end(' '.repeat(isAnnounced ? sizeBytes : sizeBytes - 1));
        return undefined;
      });
    answerWith(most);
    assert.equal(await readSizeBytes(), most);
    answerWith(most + 1);
    await assert.rejects(readSizeBytes(), { name: 'ResponseTooLargeError' });
  }
});

test('a host that sends its file byte by byte is given up after ten seconds', { timeout: 20_000 }, async () => {
  const sent = Promise.withResolvers<void>();
  let closed: Promise<unknown> | undefined;
  host.answer(path, (response) => {
    closed = once(response, 'close');
    response.write('{', () => sent.resolve());
    return undefined;
  });
  let outcome = 'reading';
  const read = readSizeBytes().catch((error: Error) => (outcome = error.name));
  await sent.promise;
  clock.advance(9_999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(outcome, 'reading');
  clock.advance(1);
  await read;
  assert.equal(outcome, 'DeadlineExceededError');
  await closed;
});

test('eight redirections are followed, and no more, also when they go in no circle', async () => {
  /** So many redirections before the file. */
  const redirect = (count: number) => {
    for (let left = count; left > 0; left--) {
      const location = left === 1 ? '/file' : `/step/${left - 1}`;
      host.answer(
        left === count ? path : `/step/${left}`,
        (response) => void response.writeHead(307, { location }).end(),
      );
    }
  };
  host.answer('/file', { 'm.server': 'elsewhere.test' });
  redirect(8);
  assert.match(String((await fetchWellKnown(context, base + path)).body), /elsewhere/);
  const asked = host.requests.length;
  redirect(9);
  await assert.rejects(fetchWellKnown(context, base + path), /redirects without end/);
  assert.equal(host.requests.length - asked, 9, 'the file behind the ninth is not asked for');
});
