import { join, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { StartedHomeserver } from './start-homeserver.ts';
import { type SupervisedChild, superviseChild } from './supervise-child.ts';

/** What the bridge is told when it starts: as in its own configuration file, which goes before it. */
export interface IrcBridgeSettings {
  readonly homeserver: { readonly url: string; readonly server_name: string };
  readonly database_url: string;
  readonly registration: string;
  readonly key_file: string;
}

export interface IrcBridgeOptions {
  readonly configFile: string;
  readonly settings: IrcBridgeSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** The bridge's own, unless a test brings another. */
  readonly program?: string;
}

const bridgeProgram = fileURLToPath(new URL('../../irc-bridge/process/irc-bridge.ts', import.meta.url));

/** Keeps the IRC bridge running as a process of its own, which ends with the homeserver. */
export function superviseIrcBridge(options: IrcBridgeOptions): SupervisedChild {
  const { configFile, settings, clock, log, program = bridgeProgram } = options;
  const args = ['--config', configFile, '--supervised'];
  return superviseChild({ name: 'the IRC bridge', program, args, settings, clock, log });
}

/** Starts the bridge where the configuration asks for it; its registration goes where the homeserver looks for them. */
export function startIrcBridge(
  { url, context }: Pick<StartedHomeserver, 'url' | 'context'>,
  databaseUrl: string,
): SupervisedChild | undefined {
  const { config, clock, log, serverName } = context;
  if (config.ircBridge.config === undefined) return undefined;
  const folder = config.applicationServices.folder ?? join(config.dataDir, 'appservices');
  const settings = {
    homeserver: { url, server_name: serverName },
    database_url: databaseUrl,
    registration: join(folder, 'irc-bridge.yaml'),
    key_file: join(config.dataDir, 'irc-bridge.key'),
  };
  return superviseIrcBridge({ configFile: resolvePath(config.ircBridge.config), settings, clock, log });
}
