import { setTimeout as delay } from 'node:timers/promises';
import { readTreeMemoryBytes } from './process-memory.ts';
import type { Measurement, Scenario, ScenarioContext } from './scenario.ts';
import { bytesPerMessage } from './scenarios/bytes-per-message.ts';
import { delivery } from './scenarios/delivery.ts';
import { incrementalSync } from './scenarios/incremental-sync.ts';
import { initialSync } from './scenarios/initial-sync.ts';
import { join } from './scenarios/join.ts';
import { largeRoomSend } from './scenarios/large-room-send.ts';
import { send } from './scenarios/send.ts';
import { start } from './scenarios/start.ts';
import { stateChange } from './scenarios/state-change.ts';

/** In the order in which they run: memory is read when idle, after `send` and before the restarts of `start`. */
export const scenarios: readonly Scenario[] = [
  send,
  bytesPerMessage,
  incrementalSync,
  delivery,
  join,
  largeRoomSend,
  stateChange,
  initialSync,
  start,
];

const settleMs = 3_000;

/** What one server's scenarios gave, and the errors of those that gave nothing. */
export interface ScenarioResults {
  readonly measurements: readonly Measurement[];
  readonly failures: readonly { readonly scenario: string; readonly error: string }[];
}

/** Runs the wanted scenarios one after the other on a freshly started server. One that throws is noted, not fatal. */
export async function runScenarios(context: ScenarioContext, wanted: ReadonlySet<string>): Promise<ScenarioResults> {
  const measurements: Measurement[] = [];
  const failures: { scenario: string; error: string }[] = [];
  measurements.push(...(await measureMemory(context, 'memory.idle')));
  for (const scenario of scenarios) {
    if (!wanted.has(scenario.name)) continue;
    if (scenario === start) measurements.push(...(await measureMemory(context, 'memory.after-all')));
    try {
      measurements.push(...(await scenario.run(context)));
    } catch (error) {
      failures.push({ scenario: scenario.name, error: String(error) });
      context.log(`${scenario.name} failed: ${String(error)}`);
    }
    if (scenario === send) measurements.push(...(await measureMemory(context, 'memory.after-send')));
  }
  return { measurements, failures };
}

/** Proportional set size of the server's processes after a moment of rest. */
async function measureMemory(context: ScenarioContext, key: string): Promise<Measurement[]> {
  if (context.pid === undefined) return [];
  await delay(settleMs);
  const bytes = readTreeMemoryBytes(context.pid);
  context.log(`${key}: ${(bytes / 1e6).toFixed(0)} MB`);
  return [{ key, value: bytes, samples: 1 }];
}
