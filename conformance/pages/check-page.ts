import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import type { Page } from 'playwright-core';

const findPageFaults = readFileSync(join(import.meta.dirname, 'find-page-faults.js'), 'utf8');
const widths = [360, 1_100] as const;
const schemes = ['light', 'dark'] as const;

/** Where pictures of the pages go, such as docs/screenshots; by default none are made. */
const pictures = process.env['HOLDFAST_SCREENSHOTS'];
/** Two of each page are enough to see that it is well. */
const pictured: Readonly<Record<string, string>> = { '1100 light': 'desk', '360 dark': 'phone' };

/** Fails on what some people could not see, read or use: on phones and desks, by day and by night. */
export async function checkPage(page: Page, name: string): Promise<void> {
  for (const width of widths) {
    for (const colorScheme of schemes) {
      await page.setViewportSize({ width, height: 850 });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const kind = pictured[`${width} ${colorScheme}`];
      if (pictures && kind) await page.screenshot({ path: join(pictures, `${name}-${kind}.png`) });
      assert.deepEqual(await page.evaluate(findPageFaults), [], `${name} at ${width} px, ${colorScheme}`);
    }
  }
}
