/**
 * Starts Holdfast as a machine does that has just come up, and says on standard output what came of it, as one line of
 * JSON. Runs inside the namespace that try-cold-start.ts makes; the arguments are those of `holdfast start`.
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@holdfast/effects/clock.ts';
import { startDeadline } from '@holdfast/effects/deadline.ts';
import { fetchJson } from '../../platform/fetch-json.ts';
import type { ColdStart } from './judge-cold-start.ts';

const holdfast = fileURLToPath(new URL('../../holdfast.js', import.meta.url));
const pollMs = 100;
const answerMs = 5_000;
const keptChars = 2_000;

async function ask(url: string): Promise<number | undefined> {
  const deadline = startDeadline(answerMs, 'asking Holdfast');
  try {
    return (await fetchJson(url, deadline)).status;
  } catch {
    return undefined;
  } finally {
    deadline.finish();
  }
}

async function run(args: readonly string[], url: string, limitMs: number): Promise<ColdStart> {
  const startMs = systemClock.monotonicMs();
  const child = spawn(process.execPath, [holdfast, 'start', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const keep = (piece: Buffer) => {
    said = `${said}${piece.toString()}`.slice(-keptChars);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  let hasEnded = false;
  const end = new Promise<void>((resolve) => {
    child.once('exit', () => {
      hasEnded = true;
      resolve();
    });
  });
  let isLive = false;
  let isReady = false;
  const passedMs = () => Math.round(systemClock.monotonicMs() - startMs);
  while (!hasEnded && !isReady && passedMs() < limitMs) {
    isLive ||= (await ask(`${url}/health/live`)) === 200;
    isReady = isLive && (await ask(`${url}/health/ready`)) === 200;
    if (!isReady) await systemClock.sleep(pollMs);
  }
  const tookMs = passedMs();
  const endedByItself = hasEnded;
  child.kill('SIGTERM');
  await end;
  return { isLive, isReady, endedByItself, tookMs, said };
}

if (import.meta.main) {
  const [url = '', limitMs = '', ...args] = process.argv.slice(2);
  process.stdout.write(`${JSON.stringify(await run(args, url, Number(limitMs)))}\n`);
}
