import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeTestFolder } from '@holdfast/homeserver/testing/make-test-folder.ts';
import { request, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Browser, Page } from 'playwright-core';
import { checkPage } from './check-page.ts';
import { fillConsole } from './fill-console.ts';
import { openBrowser } from './open-browser.ts';
import type { PageName } from './pictured-pages.ts';
import { type RunningHoldfast, startHoldfast } from './start-holdfast.ts';

const password = 'correct horse battery staple';

let browser: Browser;
let server: RunningHoldfast;
let page: Page;
let roomId: string;
let anna: TestUser;
const complaints: string[] = [];

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startNamedServer()]);
  ({ roomId, anna } = await fillConsole(server.url, password));
  page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of 4/.test(message.text())) complaints.push(message.text());
  });
  await page.goto(`${server.url}/#/log-in`);
  await page.getByLabel('User name').fill('anna');
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
  await page.getByText(/Everything is all right|something needs a look|Something is wrong/).waitFor();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** Somebody is on call, over a way that nobody hears, and an address is missing that nobody has. */
const monitor = {
  addresses: ['192.0.2.7'],
  paging: {
    notifiers: { hook: { kind: 'webhook' } },
    people: {
      anna: { reach: [{ notifier: 'hook', address: 'http://127.0.0.1:9/' }] },
      ben: { reach: [{ notifier: 'hook', address: 'http://127.0.0.1:9/' }] },
    },
  },
};

/** A server named localhost with anna as its administrator. */
async function startNamedServer(): Promise<RunningHoldfast> {
  const folder = await makeTestFolder();
  const file = join(folder, 'holdfast.yaml');
  await writeFile(file, JSON.stringify({ monitor }));
  const started = await startHoldfast(join(folder, 'data'), { HOLDFAST_CONFIG: file });
  const token = started.address.split('=')[1];
  const ask = async (what: string, body: object) => {
    const reply = await request(started.url, 'POST', `/_holdfast/v1/set-up/${what}`, { body: { token, ...body } });
    assert.equal(reply.status, 200, JSON.stringify(reply.body));
  };
  await ask('name', { server_name: 'localhost' });
  await ask('administrator', { username: 'anna', password });
  return started;
}

/** Shows a page by its address and waits until all that it reads is there. */
async function open(hash: string): Promise<void> {
  // A page of its own: only another hash would show the page before for a while.
  await page.goto('about:blank');
  await page.goto(`${server.url}/#${hash}`);
  await settled();
}

async function settled(): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
}

const press = (name: string | RegExp) => page.getByRole('button', { name }).first().click();

test('every page of the navigation is there, and can be seen, read and used on a phone and a desk, by day and by night', async () => {
  await page.locator('.chart').first().waitFor({ timeout: 40_000 });
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' });
  await checkPage(page, 'overview');
  const links = await page.getByRole('navigation').getByRole('link').all();
  const targets = await Promise.all(links.map((link) => link.getAttribute('href')));
  assert.ok(targets.length >= 13, String(targets));
  for (const target of targets.slice(1)) {
    await open(target?.slice(1) ?? '');
    assert.equal(await page.getByRole('alert').filter({ visible: true }).count(), 0, `${target} tells of a problem`);
    await checkPage(page, (target?.split('/').at(-1) ?? '') as PageName);
  }
});

test('what the monitor has open stands on the overview, which leads to it', async () => {
  const problem = page.locator('.problems li').filter({ hasText: '192.0.2.7' });
  // The monitor says so once the address has been missing for a while; the overview is read when it is opened.
  const endMs = Date.now() + 60_000;
  do await open('/admin');
  while ((await problem.count()) === 0 && Date.now() < endMs);
  await page.getByText(/something needs a look|Something is wrong/).waitFor();
  await problem.getByText(/Called: anna|Nobody was called/).waitFor();
  await problem.getByRole('link', { name: 'Look' }).click();
  await page.getByRole('article').filter({ hasText: '192.0.2.7' }).waitFor();
});

test('an alert is told to everybody and taken in the console, and stands on the timeline', async () => {
  await open('/admin/alerts');
  const incident = page.getByRole('article').filter({ hasText: '192.0.2.7' });
  await incident.getByText('Tell everybody').click();
  await incident.getByLabel('On the public status page').fill('The address is being moved');
  await incident.getByRole('button', { name: /^Publish/ }).click();
  await page.getByRole('cell', { name: 'The address is being moved' }).waitFor();
  await incident.getByRole('button', { name: /^I take it/ }).click();
  await incident.getByText('@anna:localhost has taken it.').waitFor();
  await incident.getByText('Silence', { exact: true }).first().click();
  await incident.getByLabel('Why').fill('known');
  await incident.getByRole('button', { name: /^Silence / }).click();
  await page
    .getByRole('cell', { name: /address-lost/ })
    .first()
    .waitFor();
  assert.equal(await page.getByRole('alert').filter({ visible: true }).count(), 0);
});

test('somebody stands in on the roster, and no longer when that is ended', async () => {
  await open('/admin/alerts');
  await page.getByText('Let somebody stand in').click();
  const form = page.getByRole('group').filter({ hasText: 'Let somebody stand in' });
  await form.getByLabel('Who', { exact: true }).selectOption('ben');
  await form.getByLabel('Until').fill(new Date(Date.now() + 86_400_000).toISOString().slice(0, 16));
  await page.getByRole('button', { name: 'Plan who stands in' }).click();
  const end = page.getByRole('button', { name: 'End the standing in of ben', exact: true });
  await end.waitFor();
  const first = page.getByText('Called first:');
  assert.match((await first.textContent()) ?? '', /Called first: ben, then anna/);
  await checkPage(page, 'alerts');
  await end.click();
  await page.getByRole('button', { name: /^Really end/ }).click();
  await page.getByText('Called first: anna, then ben').waitFor();
});

test('maintenance is planned in the console, listed with its times, and taken away', async () => {
  await open('/admin/alerts');
  await page.getByText('Plan maintenance').click();
  const at = (inMs: number) => new Date(Date.now() + inMs).toISOString().slice(0, 16);
  const form = page.getByRole('group').filter({ hasText: 'Plan maintenance' });
  await form.getByLabel('From').fill(at(86_400_000));
  await form.getByLabel('Until').fill(at(2 * 86_400_000));
  await form.getByLabel('Alerts that wake nobody').selectOption(['database-down', 'replica-lost']);
  await form.getByLabel('Why').fill('new disks');
  await checkPage(page, 'other maintenance');
  await form.getByRole('button', { name: 'Plan maintenance' }).click();
  const end = page.getByRole('button', { name: 'End the silence of database-down, replica-lost', exact: true });
  await end.waitFor();
  await page.getByRole('cell', { name: /new disks \(@anna:localhost\)/ }).waitFor();
  await end.click();
  await page.getByRole('button', { name: /^Really end/ }).click();
  await end.waitFor({ state: 'detached' });
});

test('one account and one room are shown whole', async () => {
  await open('/admin/people');
  await page.getByRole('link', { name: '@ben:localhost' }).click();
  await page
    .getByText('Logged in nowhere.')
    .or(page.getByRole('cell', { name: /Log out/ }).first())
    .waitFor();
  await settled();
  await checkPage(page, 'account');
  await open(`/admin/room?id=${encodeURIComponent(roomId)}`);
  await page.getByText('m.room.power_levels', { exact: true }).waitFor();
  await settled();
  await checkPage(page, 'room');
});

test('an account is locked and unlocked with the keyboard alone', async () => {
  await open('/admin/user?id=@ben:localhost');
  const lock = page.getByRole('button', { name: 'Lock @ben:localhost', exact: true });
  await lock.focus();
  await page.keyboard.press('Enter');
  await page.getByText('locked', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Unlock @ben:localhost' }).focus();
  await page.keyboard.press('Space');
  await lock.waitFor();
});

test('what somebody said is redacted after a second press, and how far that is can be seen', async () => {
  await open('/admin/user?id=@ben:localhost');
  await press(/^Redact all messages/);
  await press(/^Really redact all messages/);
  const task = page.getByRole('row').filter({ hasText: 'Redact the messages of' });
  await task.getByRole('cell', { name: 'done' }).waitFor({ timeout: 30_000 });
  await checkPage(page, 'account');
});

test('a room is purged and deleted after a second press, and the audit log has it', async () => {
  await open(`/admin/room?id=${encodeURIComponent(roomId)}`);
  await page.getByLabel('Purge messages older').fill('0');
  await press('Purge');
  await page.getByText('Purge messages !').waitFor();
  await page.getByRole('cell', { name: 'done' }).first().waitFor({ timeout: 30_000 });
  await press(/^Delete and block/);
  assert.equal((await anna.call('GET', '/_matrix/client/v3/joined_rooms')).joined_rooms.includes(roomId), true);
  await press(/^Really delete and block/);
  await page.getByText('Delete a room !').waitFor();
  await open('/admin/tasks');
  await page.getByRole('cell', { name: 'done' }).nth(1).waitFor({ timeout: 60_000 });
  await open('/admin/audit');
  await page.getByText('deleteRoom').first().waitFor();
  await page.getByText('purgeHistory').first().waitFor();
});

test('what a stranger wrote is never more than text', async () => {
  await open('/admin/reports');
  await page.getByText('<img src=x onerror=alert(1)>').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
});

test('who logs out, or whose session ends, is asked to log in again', async () => {
  await open('/admin/database');
  await anna.call('POST', '/_holdfast/v1/admin/users/@anna:localhost/log-out', {});
  await page.goto(`${server.url}/#/admin/rooms`);
  await page.getByRole('heading', { name: 'Look after this server' }).waitFor();
  assert.deepEqual(complaints, []);
});

test('a session goes on while somebody uses it, and ends on the server when nobody has for half an hour', async () => {
  const context = await browser.newContext();
  const own = await context.newPage();
  own.setDefaultTimeout(20_000);
  await own.clock.install();
  await own.goto(`${server.url}/#/log-in`);
  await own.getByLabel('User name').fill('anna');
  await own.getByLabel('Password').fill(password);
  await own.getByRole('button', { name: 'Log in' }).click();
  await own.getByRole('button', { name: 'Log out' }).waitFor();
  const readSession = async () => JSON.parse(await own.evaluate<string>(`sessionStorage.getItem('holdfast-session')`));
  const first = await readSession();
  assert.ok(first.refreshToken);
  // Twenty minutes and a key, three times: the access token is renewed on the way.
  for (let turn = 0; turn < 3; turn++) {
    await own.clock.fastForward('20:00');
    await own.keyboard.press('Shift');
  }
  const renewed = own.waitForResponse(/\/v3\/refresh/);
  await own.getByRole('link', { name: 'People' }).click();
  await renewed;
  await own.getByRole('heading', { level: 1, name: 'People' }).waitFor();
  const second = await readSession();
  assert.notEqual(second.accessToken, first.accessToken);
  const whoAmI = async () =>
    (await request(server.url, 'GET', '/_matrix/client/v3/account/whoami', { token: second.accessToken })).status;
  assert.equal(await whoAmI(), 200);
  const ended = own.waitForResponse(/\/v3\/logout/);
  await own.clock.fastForward('31:00');
  await ended;
  await own.getByRole('heading', { level: 1, name: 'Look after this server' }).waitFor();
  assert.equal(await readSession(), null);
  assert.equal(await whoAmI(), 401);
  await context.close();
});
