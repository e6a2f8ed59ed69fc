import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';
import { type PageName, pages, views } from './pictured-pages.ts';

const findPageFaults = readFileSync(join(import.meta.dirname, 'find-page-faults.js'), 'utf8');
const widths = { desk: 1_100, phone: 360 } as const;

/** Where pictures of the pages go, such as docs/screenshots; by default none are made. */
const pictures = process.env['HOLDFAST_SCREENSHOTS'];

/**
 * Fails on what some people could not see, read, reach or use: on phones and desks, by day and by night. A name of
 * `pages` is what its pictures are called; any other one is for the messages.
 */
export async function checkPage(page: Page, name: PageName | `other ${string}`): Promise<void> {
  for (const view of views) {
    const [device, colorScheme] = view.split('-') as [keyof typeof widths, 'light' | 'dark'];
    await page.setViewportSize({ width: widths[device], height: 850 });
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    if (pictures && pages.includes(name as PageName)) await takePicture(page, join(pictures, `${name}-${view}.png`));
    assert.deepEqual(await page.evaluate(findPageFaults), [], `${name} at ${view}`);
  }
}

/** With few colours, which the pages have: a quarter of the bytes. */
async function takePicture(page: Page, path: string): Promise<void> {
  const { default: sharp } = await import('sharp');
  await sharp(await page.screenshot())
    .png({ palette: true, colours: 64, effort: 10 })
    .toFile(path);
}
