import { rmSync } from 'node:fs';
import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders: string[] = [];

/**
 * Makes an empty folder that is deleted when this process ends: whatever a test has running in it has been stopped by
 * then, in whatever order. Other users may pass through it, as the account that PostgreSQL runs under must when root
 * runs the tests.
 */
export async function makeTestFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-'));
  if (folders.length === 0) process.once('exit', removeFolders);
  folders.push(folder);
  await chmod(folder, 0o711);
  return folder;
}

function removeFolders(): void {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
