import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { takeLease, writeState } from '@holdfast/monitor/storage/lease-and-state.ts';
import { emptyMonitorState } from '@holdfast/monitor/storage/monitor-state.ts';
import {
  type MonitorSql,
  migrateMonitorDatabase,
  openMonitorDatabase,
} from '@holdfast/monitor/storage/open-monitor-database.ts';
import { writeStatusPages } from '@holdfast/monitor/storage/status-page.ts';
import { readPublicStatus } from '../../administration/overview/read-public-status.ts';
import type { Context } from '../../platform/context.ts';
import { startTestHomeserver, type TestHomeserver } from '../../testing/start-test-homeserver.ts';
import { formatServedStatus } from './format-served-status.ts';

const pages = {
  html: '<!doctype html><style>b{top:0}</style><p>All is well</p><!-- age -->',
  feed: '<feed xmlns="http://www.w3.org/2005/Atom"></feed>',
  facts: '{"verdict":"All is well"}',
};

let homeserver: TestHomeserver;
let sql: MonitorSql;
before(async () => {
  homeserver = await startTestHomeserver();
  sql = openMonitorDatabase(homeserver.databaseUrl);
});
after(async () => {
  await sql?.end({ timeout: 1 });
  await homeserver.stop();
});

const get = (path: string) => fetch(homeserver.baseUrl + path, { redirect: 'manual' });

/** A context whose status page nobody has read yet; as long after as its clock says. */
function freshContext(more: Partial<Context> = {}): Context {
  return { ...homeserver.context, metrics: Object.create(homeserver.context.metrics), ...more };
}

test('where no monitor has looked the page says so, and there is nothing for programs', async () => {
  const reply = await get('/status/');
  assert.equal(reply.status, 200);
  assert.match(await reply.text(), /Status of test\.example.*no monitor has looked/s);
  for (const path of ['/status/feed.atom', '/status/status.json']) {
    const missing = await get(path);
    assert.deepEqual([missing.status, ((await missing.json()) as { errcode: string }).errcode], [404, 'M_NOT_FOUND']);
  }
});

test('everybody is shown what the monitor wrote, with its time, and nothing in it can run', async () => {
  await migrateMonitorDatabase(sql);
  await takeLease(sql, 'm1', 60_000);
  const savedMs = Date.parse('2017-05-12T02:50:00Z');
  await writeState(sql, 'm1', { ...emptyMonitorState, savedMs });
  await writeStatusPages(sql, 'somebody else', pages);
  assert.equal((await readPublicStatus(freshContext())).page, undefined);
  await writeStatusPages(sql, 'm1', pages);
  // What was read before is shown for some seconds.
  const endMs = Date.now() + 30_000;
  let text = '';
  while (!text.includes('All is well') && Date.now() < endMs) text = await (await get('/status/')).text();
  assert.match(text, /<p>All is well<\/p><p>It was so <time datetime="2017-05-12T02:50:00\.000Z">/);
  const page = await get('/status/');
  const hash = createHash('sha256').update('b{top:0}').digest('base64');
  assert.equal(
    page.headers.get('content-security-policy'),
    `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  );
  const again = await fetch(`${homeserver.baseUrl}/status/`, {
    headers: { 'If-None-Match': page.headers.get('etag') ?? '' },
  });
  assert.deepEqual([again.status, await again.text()], [304, '']);
  assert.deepEqual(
    [page.headers.get('content-type'), page.headers.get('cache-control')],
    ['text/html; charset=utf-8', 'public, max-age=5'],
  );
  const feed = await get('/status/feed.atom');
  assert.deepEqual(
    [feed.headers.get('content-type'), await feed.text()],
    ['application/atom+xml; charset=utf-8', pages.feed],
  );
  assert.deepEqual(await (await get('/status/status.json')).json(), { verdict: 'All is well' });
  const short = await get('/status');
  assert.deepEqual([short.status, short.headers.get('location')], [308, '/status/']);
});

test('the database is asked once for all who look at once, and what was known is shown while it is away', async () => {
  let [questions, isAway, atMs] = [0, false, 0];
  const database = new Proxy(homeserver.context.database, {
    apply(target, self, parts) {
      questions += 1;
      return isAway ? Promise.reject(new Error('away')) : Reflect.apply(target, self, parts);
    },
  });
  const context = freshContext({ database, clock: { ...homeserver.context.clock, monotonicMs: () => atMs } });
  const seen = await Promise.all(Array.from({ length: 50 }, () => readPublicStatus(context)));
  assert.ok(seen.every(({ page, isDatabaseAway }) => page?.facts === pages.facts && !isDatabaseAway));
  // Whether the table is there, and what is in it.
  assert.equal(questions, 2);
  [isAway, atMs] = [true, 4_999];
  assert.equal((await readPublicStatus(context)).isDatabaseAway, false);
  atMs = 5_000;
  const away = await readPublicStatus(context);
  assert.deepEqual([away.isDatabaseAway, away.page?.feed], [true, pages.feed]);
  assert.match(formatServedStatus(away, 'x'), /does not reach its database now\. This is how it was <time/);
  [isAway, atMs] = [false, 10_000];
  assert.equal((await readPublicStatus(context)).isDatabaseAway, false);
});

test('a page that nobody keeps any more says since when; the name of the server is text', () => {
  const page = { ...pages, savedMs: 0, watches: false };
  assert.match(formatServedStatus({ page, isDatabaseAway: false }, 'x'), /Nobody has looked at the server since <time/);
  assert.doesNotMatch(formatServedStatus({ page: undefined, isDatabaseAway: false }, '<b>'), /<b>/);
});
