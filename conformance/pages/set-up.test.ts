import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeTestFolder } from '@holdfast/homeserver/testing/make-test-folder.ts';
import type { Browser, Page } from 'playwright-core';
import { logInAgain, startChatClient } from '../clients/chat-client.ts';
import { checkPage } from './check-page.ts';
import { openBrowser } from './open-browser.ts';
import { type RunningHoldfast, startHoldfast } from './start-holdfast.ts';

const password = 'correct horse battery staple';

let browser: Browser;

before(async () => {
  browser = await openBrowser();
});
after(() => browser.close());

/** A page of a browser that knows nothing yet; what it complains of is in `complaints`. */
async function openPage(address: string): Promise<{ page: Page; complaints: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // That a request was refused is said on the page; here it counts what the browser itself refused.
    if (message.type() === 'error' && !/server responded with a status of 4/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  await page.goto(address);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return { page, complaints };
}

const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor();
const press = (page: Page, name: string | RegExp) => page.getByRole('button', { name }).click();

/** From the printed address to the page that says that all is ready; the administrator is anna. */
async function setUpLocalhost(server: RunningHoldfast): Promise<Page> {
  const { page, complaints } = await openPage(server.address);
  await checkPage(page, 'set-up-name');
  await page.getByLabel('Only to try it out').check();
  await press(page, 'Continue');
  await heading(page, /for good/);
  await page.getByText('@anna:localhost').waitFor();
  await checkPage(page, 'set-up-confirm');
  await press(page, 'Yes, name it localhost');
  await heading(page, 'Make your account');
  await page.getByLabel('User name').fill('Anna');
  await page.getByLabel('Password', { exact: true }).fill('short');
  await press(page, 'Make the account');
  await page.getByRole('alert').getByText('at least 8 characters').waitFor();
  await checkPage(page, 'set-up-account');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await press(page, 'Make the account');
  await heading(page, 'localhost is ready');
  await page.getByText(server.url, { exact: true }).waitFor();
  await page.getByText('There are no invitations yet.').waitFor();
  await checkPage(page, 'set-up-ready');
  assert.deepEqual(complaints, []);
  return page;
}

test('a server is named, gets its first account and its first guest, all in the browser', async (t) => {
  const dataDir = join(await makeTestFolder(), 'data');
  const server = await startHoldfast(dataDir);
  t.after(() => server.stop());
  assert.match(server.address, /^http:\/\/127\.0\.0\.1:\d+\/#\/set-up\?token=[\w-]{32}$/);
  const early = await openPage(server.url);
  await heading(early.page, /not set up yet/);
  await checkPage(early.page, 'set-up-waiting');
  const page = await setUpLocalhost(server);

  await t.test('the printed address works once', async () => {
    const used = await openPage(server.address);
    await heading(used.page, 'localhost');
    assert.equal(await used.page.getByRole('textbox').count(), 0);
  });

  await t.test('whoever gets an invitation makes an account with it, once', async () => {
    await press(page, 'Make an invitation');
    const link = await readInvitation(page);
    assert.ok(link.startsWith(server.url));
    await page.getByRole('cell', { name: '0 of 1' }).waitFor();
    await checkPage(page, 'other invitations');
    await joinWithInvitation(link);
    await page.getByRole('link', { name: 'Invitations' }).click();
    await page.getByRole('cell', { name: '1 of 1' }).waitFor();
    await page.getByText('used up').waitFor();
    await page.getByRole('link', { name: 'People' }).click();
    await page.getByRole('cell', { name: '@ben:localhost' }).waitFor();
    await checkPage(page, 'other people');
  });

  await t.test('an invitation that was taken back lets nobody in', async () => {
    await page.getByRole('link', { name: 'Invitations' }).click();
    await press(page, 'Make an invitation');
    const link = await readInvitation(page);
    const token = link.split('=')[1] ?? '';
    await press(page, `Take back ${token}`);
    await press(page, `Really take back ${token}`);
    await page.getByRole('cell', { name: token, exact: true }).waitFor({ state: 'detached' });
    const late = await openPage(link);
    await late.page.getByText('was taken back').waitFor();
  });

  await t.test('everybody sees what the server is, and only administrators get further', async () => {
    await press(page, 'Log out');
    await heading(page, 'localhost');
    await checkPage(page, 'landing');
    await logInAsEverybody(page);
  });

  await t.test('both accounts log in with a client, also after the server was started again', async (inner) => {
    for (const user of ['anna', 'ben']) await logInWithClient(server.url, user);
    await server.stop();
    const again = await startHoldfast(dataDir);
    inner.after(() => again.stop());
    assert.equal(again.address, `${again.url}/`, 'a server that is set up prints an address without a token');
    await logInWithClient(again.url, 'anna');
  });
});

async function readInvitation(page: Page): Promise<string> {
  return (await page.getByText('/#/invitation?token=').textContent()) ?? '';
}

async function joinWithInvitation(link: string): Promise<void> {
  const { page, complaints } = await openPage(link);
  await checkPage(page, 'invitation');
  await page.getByLabel('User name').fill('anna');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await press(page, 'Make the account');
  await page.getByRole('alert').getByText('already taken').waitFor();
  await checkPage(page, 'join');
  await page.getByLabel('User name').fill('ben');
  await press(page, 'Make the account');
  await heading(page, 'Welcome, @ben:localhost');
  await checkPage(page, 'welcome');
  await page.reload();
  await page.getByText('has been used up').waitFor();
  assert.deepEqual(complaints, []);
}

async function logInAsEverybody(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Log in as an administrator' }).click();
  const logIn = async (user: string, typed: string) => {
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(typed);
    await press(page, 'Log in');
  };
  await logIn('anna', 'something else');
  await page.getByRole('alert').getByText('Wrong user name or password').waitFor();
  await logIn('ben', password);
  await page.getByRole('alert').getByText('@ben:localhost is no administrator').waitFor();
  await checkPage(page, 'log-in');
  await logIn('@anna:localhost', password);
  await heading(page, 'localhost');
  await page.getByText('works', { exact: true }).waitFor();
  await checkPage(page, 'other overview');
}

async function logInWithClient(baseUrl: string, user: string): Promise<void> {
  const userId = `@${user}:localhost`;
  const login = await logInAgain(baseUrl, { userId, password, deviceId: '', accessToken: '' });
  const chat = await startChatClient(baseUrl, login);
  assert.equal(chat.client.getUserId(), userId);
  chat.stop();
}

/** For the page: the label or text of what the keyboard is on. */
const nameOfFocused =
  'document.activeElement.labels?.[0]?.textContent ?? document.activeElement.ariaLabel ?? document.activeElement.textContent';

test('the set-up can be done with the keyboard alone, and shows how the world gets in', async (t) => {
  const server = await startHoldfast(join(await makeTestFolder(), 'data'));
  t.after(() => server.stop());
  const { page, complaints } = await openPage(server.address);
  const focusOn = async (name: string) => {
    for (let presses = 0; presses < 20; presses++) {
      await page.keyboard.press('Tab');
      if ((await page.evaluate(nameOfFocused)) === name) return;
    }
    assert.fail(`${name} is not reached with the tab key`);
  };
  await focusOn('Domain');
  await page.keyboard.type('https://Chat.Test/');
  await page.keyboard.press('Enter');
  await heading(page, /for good/);
  await focusOn('Yes, name it chat.test');
  await page.keyboard.press('Enter');
  await heading(page, 'Make your account');
  await focusOn('User name');
  await page.keyboard.type('anna');
  await focusOn('Password');
  await page.keyboard.type(password);
  await page.keyboard.press('Enter');
  await heading(page, 'chat.test is ready');

  const picture = page.getByRole('img', { name: 'QR code of https://chat.test' });
  await picture.waitFor();
  const isDrawn = await picture.evaluate(async (image: { decode(): Promise<void>; naturalWidth: number }) => {
    await image.decode();
    return image.naturalWidth > 0;
  });
  assert.ok(isDrawn);
  await page.getByText('reverse_proxy').waitFor();
  await page.getByText('"base_url":"https://matrix.chat.test"').waitFor();
  await checkPage(page, 'set-up-world');
  assert.deepEqual(complaints, []);
});
