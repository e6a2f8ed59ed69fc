import { type ChildProcess, spawn } from 'node:child_process';
import { join, resolve as resolvePath } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Log } from '@holdfast/effects/log.ts';
import type { StartedHomeserver } from './start-homeserver.ts';

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

export interface SupervisedIrcBridge {
  readonly restarts: number;
  /** Asks the bridge to end, and ends it when it takes too long. */
  stop(): Promise<void>;
}

const bridgeProgram = fileURLToPath(new URL('../../irc-bridge/process/irc-bridge.ts', import.meta.url));
const firstPauseMs = 1_000;
const longestPauseMs = 30_000;
/** After this long in good health the pause before a start begins small again. */
const soundAfterMs = 60_000;
const graceMs = 8_000;

/**
 * Keeps the IRC bridge running as a process of its own: what goes wrong in it cannot touch the homeserver. Its settings
 * go over its standard input, which tells it by its end that the homeserver is gone.
 */
export function superviseIrcBridge(options: IrcBridgeOptions): SupervisedIrcBridge {
  const { clock, log } = options;
  const stopping = new AbortController();
  const state = { restarts: 0, child: undefined as ChildProcess | undefined };
  const supervise = async () => {
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
      const startedMs = clock.monotonicMs();
      const how = await runOnce(options, state);
      if (stopping.signal.aborted) return;
      if (clock.monotonicMs() - startedMs > soundAfterMs) pauseMs = firstPauseMs;
      log.error({ how, nextTryMs: pauseMs }, 'the IRC bridge ended; starting it again');
      await clock.sleep(pauseMs, stopping.signal);
      if (stopping.signal.aborted) return;
      state.restarts += 1;
    }
  };
  const supervision = supervise();
  return {
    get restarts() {
      return state.restarts;
    },
    async stop() {
      stopping.abort();
      state.child?.kill('SIGTERM');
      const timer = clock.startTimer(graceMs, () => state.child?.kill('SIGKILL'));
      await supervision;
      timer.cancel();
    },
  };
}

/** Starts the bridge where the configuration asks for it; its registration goes where the homeserver looks for them. */
export function startIrcBridge(
  { url, context }: Pick<StartedHomeserver, 'url' | 'context'>,
  databaseUrl: string,
): SupervisedIrcBridge | undefined {
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

/** Runs the bridge until it ends; says how. */
function runOnce(
  { configFile, settings, log, program = bridgeProgram }: IrcBridgeOptions,
  state: { child: ChildProcess | undefined },
): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, '--config', configFile, '--supervised'], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    state.child = child;
    // It may end before it has read anything.
    child.stdin?.on('error', () => {});
    child.stdin?.write(`${JSON.stringify(settings)}\n`);
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`));
    log.info({ bridgePid: child.pid }, 'the IRC bridge starts');
  });
}
