import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import process from 'node:process';
import { promisify } from 'node:util';

const places = [
  '/usr/lib/*/faketime/libfaketimeMT.so.1',
  '/usr/lib/faketime/libfaketimeMT.so.1',
  '/usr/lib64/faketime/libfaketimeMT.so.1',
  '/usr/local/lib/faketime/libfaketimeMT.so.1',
];
const installTimeoutMs = 120_000;

/**
 * The library that gives one process another wall clock, installed if that is possible. Throws with what is missing:
 * a drill that cannot make its fault has proved nothing.
 */
export async function findFakeTime(): Promise<string> {
  const found = globSync(places)[0];
  if (found !== undefined) return found;
  if (process.getuid?.() === 0) {
    await promisify(execFile)('apt-get', ['install', '-y', 'libfaketime'], { timeout: installTimeoutMs }).catch(
      () => {},
    );
  }
  const installed = globSync(places)[0];
  if (installed !== undefined) return installed;
  throw new Error(
    'libfaketime is missing, which gives a process another clock: install it (apt-get install libfaketime)',
  );
}
