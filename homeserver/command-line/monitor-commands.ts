import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Config } from '../platform/config/config.ts';
import { formatMonitorSettings } from '../processes/monitor-settings.ts';
import { monitorProgram } from '../processes/supervise-monitor.ts';
import { type Command, CommandError } from './command.ts';
import { findDatabaseUrl } from './find-database-url.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';

export const monitorCommand: Command = {
  summary: 'Run the monitor alone, on another machine than the homeserver or beside it.',
  options: configOptions,
  async run(input) {
    const { config } = loadCommandConfig(input);
    return runMonitor(config, [], await findDatabaseUrl(config));
  },
};

export const monitorTestCommand: Command = {
  summary: 'Send a test page over every way of everybody, and say which of them were taken.',
  options: configOptions,
  async run(input) {
    const { config } = loadCommandConfig(input);
    return runMonitor(config, ['--test'], '');
  },
};

/** Runs the monitor until it ends, with our signals, and gives its exit code. */
async function runMonitor(config: Config, args: readonly string[], databaseUrl: string): Promise<number> {
  const { serverName, http } = config;
  if (serverName === undefined) {
    throw new CommandError('Say which server is watched: HOLDFAST_SERVER_NAME, or server_name in the configuration.');
  }
  const host = http.bind.includes(':') ? `[${http.bind}]` : http.bind;
  const url = config.monitor.processes[0] ?? `http://${host}:${http.port}`;
  const settings = formatMonitorSettings(config, { serverName, url, databaseUrl });
  const child = spawn(process.execPath, [monitorProgram, ...args], { stdio: ['pipe', 'inherit', 'inherit'] });
  child.stdin?.on('error', () => {});
  child.stdin?.write(`${JSON.stringify(settings)}\n`);
  const passOn = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', passOn).on('SIGTERM', passOn);
  const [code] = (await once(child, 'exit')) as [number | null];
  return code ?? 1;
}
