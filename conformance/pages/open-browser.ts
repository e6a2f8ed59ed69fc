import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import chromium from '@sparticuz/chromium';
import { type Browser, chromium as playwright } from 'playwright-core';

const root = join(import.meta.dirname, '../..');

/** Chromium from npm: no package of the system is needed, and every machine draws with the same font. */
export async function openBrowser(): Promise<Browser> {
  const folder = await unpackChromium();
  return playwright.launch({
    executablePath: join(folder, 'chromium'),
    headless: true,
    args: [
      // Containers and root have no sandbox; the only pages are our own.
      ...['--no-sandbox', '--no-zygote'],
      ...['--disable-background-networking', '--disable-component-update', '--no-first-run'],
      ...['--font-render-hinting=none', '--disable-gpu'],
    ],
    env: { ...process.env, FONTCONFIG_FILE: join(folder, 'fonts.conf'), HOME: folder },
  });
}

/**
 * Unpacks the browser once for each version, beside the dependencies. It appears under its name when it is whole, so
 * that neither a run that was cut short nor one at the same time leaves half of it.
 */
async function unpackChromium(): Promise<string> {
  const folder = join(root, `node_modules/.cache/chromium-${await readChromiumVersion()}`);
  if (existsSync(folder)) return folder;
  await mkdir(dirname(folder), { recursive: true });
  const unfinished = await mkdtemp(`${folder}-`);
  await unpackInto(unfinished);
  const fonts = `<dir>${join(folder, 'fonts')}</dir><cachedir>${join(folder, 'font-cache')}</cachedir>`;
  await writeFile(join(unfinished, 'fonts.conf'), `<?xml version="1.0"?><fontconfig>${fonts}</fontconfig>\n`);
  // Another run may have been faster.
  await rename(unfinished, folder).catch(() => rm(unfinished, { recursive: true }));
  return folder;
}

/** The package unpacks into the folder for temporary files, whatever that is at the time. */
async function unpackInto(folder: string): Promise<void> {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
  try {
    await chromium.executablePath();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

async function readChromiumVersion(): Promise<string> {
  const text = await readFile(join(import.meta.dirname, '../package.json'), 'utf8');
  const { devDependencies } = JSON.parse(text) as { devDependencies: Record<string, string> };
  return devDependencies['@sparticuz/chromium'] ?? '';
}
