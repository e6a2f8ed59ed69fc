/**
 * How long administrators wait with 100,000 accounts and 50,000 rooms: `npm run measure-console`. Draws the overview in a
 * real browser and asks for the lists, and prints the median of some rounds. Fails where the overview takes too long.
 */
import { setAccountFlags } from '@holdfast/homeserver/accounts/moderate-account.ts';
import { startTestHomeserver, type TestHomeserver } from '@holdfast/homeserver/testing/start-test-homeserver.ts';
import { registerUser, type TestUser } from '@holdfast/homeserver/testing/test-user.ts';
import type { Page } from 'playwright-core';
import { openBrowser } from './open-browser.ts';

const accounts = 100_000;
const rooms = 50_000;
const rounds = 15;
const overviewLimitMs = 300;

async function fill({ context: { database } }: TestHomeserver): Promise<void> {
  await database`INSERT INTO account (user_id, password_hash, created_ms, attempt)
    SELECT '@user' || n || ':test.example', NULL, n, 'bulk' FROM generate_series(1, ${accounts}) n`;
  await database`INSERT INTO profile_field (user_id, name, value, search_text)
    SELECT '@user' || n || ':test.example', 'displayname', '"User ' || n || '"', 'user ' || n
    FROM generate_series(1, ${accounts}) n`;
  await database`INSERT INTO room (room_id, shard, version, creator)
    SELECT '!room' || n || ':test.example', 0, '11', 2 FROM generate_series(1, ${rooms}) n`;
  await database`INSERT INTO room_figures (room, name, search_text, creator, is_federated, joined, joined_local, state_events)
    SELECT id, 'Room ' || id, 'room ' || id, '@user1:test.example', true, id % 1000, id % 100, id % 1200 FROM room
    ON CONFLICT DO NOTHING`;
  await database`ANALYZE account, profile_field, room, room_figures`;
}

async function median(work: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await work());
  return times.sort((a, b) => a - b)[rounds >> 1] ?? Number.NaN;
}

async function openConsole(url: string, admin: TestUser): Promise<{ page: Page; close(): Promise<void> }> {
  const browser = await openBrowser();
  const page = await browser.newPage();
  await page.goto(url);
  const session = JSON.stringify({ userId: admin.userId, accessToken: admin.accessToken });
  await page.evaluate(`sessionStorage.setItem('holdfast-session', ${JSON.stringify(session)})`);
  return { page, close: () => browser.close() };
}

/** From the click to the verdict on the screen, in ms. */
async function drawOverview(page: Page): Promise<number> {
  await page.evaluate(`location.hash = '#/admin/world'`);
  await page.getByRole('heading', { name: 'Let the world in' }).waitFor();
  return await page.evaluate(`new Promise((resolve) => {
    const start = performance.now();
    new MutationObserver((_, observer) => {
      if (!document.querySelector('.verdict')) return;
      observer.disconnect();
      requestAnimationFrame(() => resolve(performance.now() - start));
    }).observe(document.getElementById('main'), { childList: true, subtree: true });
    location.hash = '#/admin';
  })`);
}

async function main(): Promise<void> {
  const homeserver = await startTestHomeserver();
  try {
    const admin = await registerUser(homeserver.baseUrl, 'admin');
    await setAccountFlags(homeserver.context, admin.userId, { isAdmin: true });
    await fill(homeserver);
    // Whether somebody has set the server up is looked at when a process starts.
    await homeserver.restart();
    const ask = (path: string) => async () => {
      const startMs = performance.now();
      await admin.call('GET', `/_holdfast/v1/admin/${path}`);
      return performance.now() - startMs;
    };
    const { page, close } = await openConsole(homeserver.baseUrl, admin);
    const overviewMs = await median(() => drawOverview(page));
    const figures: [string, number][] = [
      ['the overview, drawn', overviewMs],
      ['GET overview', await median(ask('overview'))],
      ['GET rooms, by name', await median(ask('rooms'))],
      ['GET rooms, the largest', await median(ask('rooms?order_by=joined&dir=b'))],
      ['GET rooms, searched', await median(ask('rooms?search=4321'))],
      ['GET users, by address', await median(ask('users'))],
      ['GET users, searched', await median(ask('users?search=4321'))],
    ];
    await close();
    for (const [what, ms] of figures) console.log(`${what.padEnd(28)}${ms.toFixed(0).padStart(6)} ms`);
    if (!(overviewMs <= overviewLimitMs)) {
      console.log(`✖ The overview may take ${overviewLimitMs} ms.`);
      process.exitCode = 1;
    }
  } finally {
    await homeserver.stop();
  }
}

await main();
