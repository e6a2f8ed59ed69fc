import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import type { AxeResults } from 'axe-core';
import type { Page } from 'playwright-core';
import { type PageName, pages, views } from './pictured-pages.ts';

const readScript = (name: string) => readFileSync(join(import.meta.dirname, name), 'utf8');
const findPageFaults = readScript('find-page-faults.js');
const walkByKeyboard = readScript('walk-by-keyboard.js');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const widths = { desk: 1_100, phone: 360 } as const;
/** Both schemes and both widths are in these, and axe takes its time. */
const viewsForAxe: readonly string[] = ['desk-light', 'phone-dark'];

/** Where pictures of the pages go, such as docs/screenshots; by default none are made. */
const pictures = process.env['HOLDFAST_SCREENSHOTS'];

/**
 * Fails on what some people could not see, read, reach or use: on phones and desks, by day and by night, with a screen
 * reader, and with the keyboard alone. A name of `pages` is what its pictures are called; any other one is for the messages.
 */
export async function checkPage(page: Page, name: PageName | `other ${string}`): Promise<void> {
  for (const view of views) {
    const [device, colorScheme] = view.split('-') as [keyof typeof widths, 'light' | 'dark'];
    await page.setViewportSize({ width: widths[device], height: 850 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (pictures && pages.includes(name as PageName)) await takePicture(page, join(pictures, `${name}-${view}.png`));
    assert.deepEqual(await page.evaluate(findPageFaults), [], `${name} at ${view}`);
    if (viewsForAxe.includes(view)) assert.deepEqual(await runAxe(page), [], `${name} at ${view}`);
  }
  assert.deepEqual(await walk(page), [], `${name} with the keyboard`);
}

/** What axe-core finds, by all of its rules but those that are still being tried: https://dequeuniversity.com/rules/axe/ */
async function runAxe(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate<Pick<AxeResults, 'violations'>>(
    'axe.run({ resultTypes: ["violations"] })',
  );
  return violations.flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id} (${help}): ${html}`));
}

const most = 500;
/** A field for a date has several stops of its own. */
const stopsOfAField = 8;

/** From the top once around the page with the Tab key: what is not reached, not seen to be, or does not let go. */
async function walk(page: Page): Promise<unknown> {
  await page.evaluate(walkByKeyboard);
  const mostPresses = Math.min(
    most,
    (await page.evaluate<number>('keyboardWalk.count')) * stopsOfAField + stopsOfAField,
  );
  for (let presses = 1; presses <= mostPresses; presses++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate<boolean>('keyboardWalk.isAround()')) break;
  }
  return page.evaluate('keyboardWalk.finish()');
}

/** With few colours, which the pages have: a quarter of the bytes. */
async function takePicture(page: Page, path: string): Promise<void> {
  const { default: sharp } = await import('sharp');
  await sharp(await page.screenshot())
    .png({ palette: true, colours: 64, effort: 10 })
    .toFile(path);
}
