/**
 * The IRC bridge as a process of its own:
 *
 *   npm run irc-bridge -- --config irc-bridge.yaml
 *
 * With `--supervised` it is run by the homeserver, which sends settings over standard input as one line of JSON and whose
 * end is the end of that input.
 */
import process from 'node:process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { systemClock } from '@holdfast/effects/clock.ts';
import { createLog } from '@holdfast/effects/create-log.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import { type LogLevel, logLevels } from '@holdfast/effects/log.ts';
import { createMetrics } from '@holdfast/effects/metrics.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { BridgeConfigError, type GivenSettings, loadBridgeConfig } from '../configuration/load-bridge-config.ts';
import { startIdentServer } from '../irc/ident-server.ts';
import { connectNetwork } from './connect-network.ts';
import { startBridge } from './start-bridge.ts';

const stopMs = 7_000;

async function run(): Promise<number> {
  const { values } = parseArgs({
    options: { config: { type: 'string' }, supervised: { type: 'boolean' }, level: { type: 'string' } },
  });
  if (values.config === undefined) throw new BridgeConfigError(['say which configuration: --config irc-bridge.yaml']);
  const stopping = new AbortController();
  const given = values.supervised ? await readGivenSettings(() => stopping.abort()) : {};
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
  const config = loadBridgeConfig(values.config, given);
  const log = createLog({ level: readLevel(values.level), format: 'json' }).child({ part: 'irc-bridge' });
  const parts = { config, clock: systemClock, random: systemRandom, log, metrics: createMetrics() };
  const ident = config.ident && (await startIdentServer({ ...config.ident, clock: systemClock }));
  const openNetwork = connectNetwork({ ...parts, ident });
  const bridge = await startBridge({ ...parts, openNetwork });
  const stopped = new Promise<void>((resolve) => {
    if (stopping.signal.aborted) resolve();
    stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  const isLost = await Promise.race([stopped.then(() => false), bridge.lost.then(() => true)]);
  if (isLost) log.error({}, 'another bridge took this one’s place; ending');
  await withDeadline(bridge.stop(), stopMs, 'ending').catch((error: unknown) => {
    log.warn({ err: error }, 'the bridge did not end cleanly; what was under way goes on at the next start');
  });
  await ident?.close();
  return isLost ? 1 : 0;
}

function readLevel(given = 'info'): LogLevel {
  const level = logLevels.find((each) => each === given);
  if (level === undefined) throw new BridgeConfigError([`--level is one of ${logLevels.join(', ')}`]);
  return level;
}

/** The first line of standard input; later its end calls `onEnd`. */
function readGivenSettings(onEnd: () => void): Promise<GivenSettings> {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: process.stdin });
    lines.once('line', (line) => {
      try {
        resolve(JSON.parse(line) as GivenSettings);
      } catch (error) {
        reject(error);
      }
    });
    lines.once('close', onEnd);
  });
}

if (import.meta.main) {
  try {
    process.exit(await run());
  } catch (error) {
    console.error(error instanceof BridgeConfigError ? error.message : error);
    process.exit(error instanceof BridgeConfigError ? 2 : 1);
  }
}
