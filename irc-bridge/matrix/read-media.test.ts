import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '@holdfast/effects/clock.ts';
import { fastify } from 'fastify';
import { makeReadMedia } from './read-media.ts';

test('files are passed on to so many at once, and who leaves makes room and is not waited for', async (t) => {
  const opened: AbortSignal[] = [];
  const readMedia = makeReadMedia({
    ...{ url: 'http://homeserver', asToken: 'token', clock: systemClock },
    // A homeserver that hangs.
    open: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        opened.push(signal);
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      }),
  });
  const server = fastify({ forceCloseConnections: true });
  server.get('/', (_, reply) => readMedia({ serverName: 'example.org', mediaId: 'x' }, reply));
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const leaving = Array.from({ length: 100 }, () => new AbortController());
  t.after(async () => {
    for (const one of leaving) one.abort();
    await server.close();
  });
  for (const { signal } of leaving) fetch(url, { signal }).catch(() => {});
  while (opened.length < 100) await new Promise(setImmediate);
  const refused = await fetch(url);
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '30']);
  leaving[0]?.abort();
  while (!opened.some(({ aborted }) => aborted)) await new Promise(setImmediate);
  fetch(url, { signal: leaving[1]?.signal ?? null }).catch(() => {});
  while (opened.length < 101) await new Promise(setImmediate);
});
