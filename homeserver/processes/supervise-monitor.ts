import { fileURLToPath } from 'node:url';
import { formatMonitorSettings, isMonitorWanted } from './monitor-settings.ts';
import type { StartedHomeserver } from './start-homeserver.ts';
import { type SupervisedChild, superviseChild } from './supervise-child.ts';

export const monitorProgram = fileURLToPath(new URL('../../monitor/process/monitor.ts', import.meta.url));

/**
 * Starts the monitor beside the homeserver, where there is somebody whom it could tell anything. It is a process of its
 * own because the homeserver's may be the sick one, and unlike other children it outlives a homeserver that dies.
 */
export function startMonitor(
  { url, context }: Pick<StartedHomeserver, 'url' | 'context'>,
  databaseUrl: string,
): SupervisedChild | undefined {
  const { config, clock, log, serverName } = context;
  if (!isMonitorWanted(config)) return undefined;
  const settings = formatMonitorSettings(config, { serverName, url, databaseUrl });
  return superviseChild({ name: 'the monitor', program: monitorProgram, args: [], settings, clock, log });
}
