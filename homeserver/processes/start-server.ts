import { systemClock } from '@holdfast/effects/clock.ts';
import { systemRandom } from '@holdfast/effects/random.ts';
import { formatSetUpUrl, grantSetUpAccess } from '../http/set-up/set-up-access.ts';
import { startSetUpServer } from '../http/set-up/start-set-up-server.ts';
import {
  type HomeserverOptions,
  type StartedHomeserver,
  startHomeserver,
  UnnamedServerError,
} from './start-homeserver.ts';

export interface ServerOptions extends HomeserverOptions {
  /** Called when the homeserver answers: at once, or after a person has given it its name. */
  onHomeserver(homeserver: StartedHomeserver): void;
}

export interface StartedServer {
  /** Where a person names the server; undefined when it has a name and the homeserver answers. */
  readonly setUpUrl: string | undefined;
  stop(): Promise<void>;
}

/** Starts the homeserver; where it has no name yet, the page that asks for it, and then the homeserver in its place. */
export async function startServer(options: ServerOptions): Promise<StartedServer> {
  try {
    const homeserver = await startHomeserver(options);
    options.onHomeserver(homeserver);
    return { setUpUrl: undefined, stop: homeserver.stop };
  } catch (error) {
    if (!(error instanceof UnnamedServerError)) throw error;
    return startSetUp(options);
  }
}

async function startSetUp(options: ServerOptions): Promise<StartedServer> {
  const { config, log } = options;
  const access = grantSetUpAccess(systemRandom);
  let homeserver: StartedHomeserver | undefined;
  const setUpServer = await startSetUpServer({
    ...{ config, log, access, clock: systemClock },
    async startHomeserver(serverName, port) {
      const named = { ...config, serverName, http: { ...config.http, port } };
      homeserver = await startHomeserver({ ...options, config: named, setUp: access });
      options.onHomeserver(homeserver);
    },
  });
  return {
    setUpUrl: formatSetUpUrl(setUpServer.url, access),
    async stop() {
      await setUpServer.close();
      await homeserver?.stop();
    },
  };
}
