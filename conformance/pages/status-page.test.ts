import assert from 'node:assert/strict';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { makeTestFolder } from '@holdfast/homeserver/testing/make-test-folder.ts';
import type { Incident, IncidentChange } from '@holdfast/monitor/decide/incident.ts';
import { formatAcknowledgeToken } from '@holdfast/monitor/escalation/acknowledge-link.ts';
import { createPeopleServer } from '@holdfast/monitor/process/answer-people.ts';
import { choosePublicFacts } from '@holdfast/monitor/status-page/public-facts.ts';
import { writeStatusFolder } from '@holdfast/monitor/status-page/write-status-folder.ts';
import { emptyMonitorState } from '@holdfast/monitor/storage/monitor-state.ts';
import type { Browser, Page } from 'playwright-core';
import { checkPage } from './check-page.ts';
import { openBrowser } from './open-browser.ts';
import { startHoldfast } from './start-holdfast.ts';

const serverName = 'example.org';
const openedMs = Date.parse('2017-05-12T02:50:00Z');
const incident: Incident = {
  ...{ id: '20170512T025000-disk-filling', openedMs, severity: 'page', losesData: false },
  ...{ cause: 'disk-filling database at /var/lib/postgresql', headline: 'the database’s volume is full in 3 min' },
  symptoms: [{ key: 'database-down', summary: 'no primary has answered for 9 s', severity: 'page' }],
};
const bridge: Incident = {
  ...{ id: '20170505T083000-bridge-silent', openedMs: Date.parse('2017-05-05T08:30:00Z'), losesData: false },
  ...{ severity: 'warning', cause: 'bridge-silent irc', headline: 'nothing has come through irc', symptoms: [] },
};
const change = (minutes: number, of: Incident, kind: IncidentChange['kind'], more: Partial<IncidentChange> = {}) => {
  return { atMs: of.openedMs + minutes * 60_000, incident: of.id, kind, text: of.headline, key: of.cause, ...more };
};
const past = [change(0, bridge, 'opened'), change(14, bridge, 'closed')];
const timeline = [
  ...[...past, change(0, incident, 'opened'), change(4, incident, 'grew', { key: 'database-down' })],
  { ...change(9, incident, 'noted'), text: 'Room is being made on the disk. Nothing that was sent is lost.' },
];

const watched = ['messages', 'files', 'federation', 'bridges', 'calls', 'notifications', 'safekeeping'] as const;

let browser: Browser;
let page: Page;
const complaints: string[] = [];
before(async () => {
  browser = await openBrowser();
  page = await (await browser.newContext()).newPage();
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => void (message.type() === 'error' && complaints.push(message.text())));
});
after(() => browser?.close());

/** Opens what the monitor writes into the folder, as a web host would carry it. */
async function openFolder(incidents: readonly Incident[], changes: readonly IncidentChange[]): Promise<void> {
  const folder = join(await makeTestFolder(), 'status');
  await mkdir(folder);
  const atMs = (changes.at(-1)?.atMs ?? openedMs) + 60_000;
  await writeStatusFolder(folder, choosePublicFacts({ serverName, atMs, incidents, timeline: changes, watched }));
  await page.goto(pathToFileURL(join(folder, 'index.html')).href);
}

const stateOf = (name: string) =>
  page.locator('.components li').filter({ hasText: name }).locator('strong').innerText();

test('the status page says what works and what happened, to everybody, from a folder and with nothing beside it', async () => {
  await openFolder([], []);
  assert.equal(await page.getByText('All is well').count(), 1);
  assert.equal(await stateOf('Messages'), 'Works');
  await checkPage(page, 'status-well');

  await openFolder([incident], timeline);
  await page.getByText('Disturbed', { exact: true }).waitFor();
  assert.equal(await stateOf('Messages'), 'Does not work');
  assert.equal(await stateOf('Calls'), 'Works');
  const [now, before] = await page.getByRole('article').all();
  assert.match(
    (await now?.innerText()) ?? '',
    /is filling.*Going on since.*Room is being made on the disk.*database is down/s,
  );
  assert.match((await before?.innerText()) ?? '', /bridge is silent.*Over after 14 min/s);
  await checkPage(page, 'status-disturbed');

  await openFolder([], [...timeline, change(20, incident, 'closed')]);
  await page.getByText('All is well', { exact: true }).waitFor();
  await page.getByText('Over after 20 min').waitFor();
  await checkPage(page, 'status-over');
  assert.deepEqual(complaints, []);
});

test('the keyboard reaches the feed, which a browser reads as XML, with one of each for each entry', async () => {
  await openFolder([incident], timeline);
  await page.keyboard.press('Tab');
  assert.equal(await page.evaluate('document.activeElement.textContent'), 'Follow it by feed');
  const address = String(await page.evaluate('document.activeElement.href'));
  assert.match(address, /feed\.atom$/);
  const text = await readFile(fileURLToPath(address), 'utf8');
  // What the browser does not take for XML has another root.
  const { root, head, entries } = await page.evaluate<{ root: string; head: string[]; entries: string[][] }>(`(() => {
    const { documentElement: feed } = new DOMParser().parseFromString(${JSON.stringify(text)}, 'application/xml');
    const texts = (node, names) =>
      names.flatMap((name) => [...node.children].filter((each) => each.localName === name).map((each) => each.textContent));
    return {
      root: feed.namespaceURI + ' ' + feed.localName,
      head: texts(feed, ['id', 'title', 'updated', 'author']),
      entries: [...feed.getElementsByTagName('entry')].map((each) => texts(each, ['id', 'title', 'updated', 'content'])),
    };
  })()`);
  assert.equal(root, 'http://www.w3.org/2005/Atom feed');
  assert.equal(head.filter(Boolean).length, 4);
  assert.equal(entries.length, 5);
  for (const parts of entries) assert.equal(parts.filter(Boolean).length, 4, String(parts));
  assert.equal(new Set(entries.map(([id]) => id)).size, 5);
});

test('whoever is called takes an incident by the link in the page, on a phone at night', async (t) => {
  const server = createPeopleServer({
    ...{ ownName: 'one', isLeader: () => true, readSecret: () => 'secret', readWallMs: () => 0 },
    readState: () => ({ ...emptyMonitorState, decision: { alerts: [], incidents: [incident] } }),
    acknowledge: async () => true,
  });
  t.after(() => server.close());
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  const token = formatAcknowledgeToken('secret', { incident: incident.id, person: 'anna' });
  await page.goto(`${url}/acknowledge/${token}`);
  await page.getByRole('heading', { name: incident.headline }).waitFor();
  await checkPage(page, 'acknowledge');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Thank you' }).waitFor();
  await checkPage(page, 'other taken');
});

test('a server that was just set up has a status page, at its own address', async (t) => {
  const server = await startHoldfast(join(await makeTestFolder(), 'data'), { HOLDFAST_SERVER_NAME: 'localhost' });
  t.after(() => server.stop());
  await page.goto(`${server.url}/status`);
  await page.getByRole('heading', { name: 'Status of localhost' }).waitFor();
  await checkPage(page, 'status-unknown');
});
