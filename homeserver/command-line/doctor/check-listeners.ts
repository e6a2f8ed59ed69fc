import { createServer } from 'node:net';
import type { Config } from '../../platform/config/config.ts';
import { isDataFolderLocked } from '../../platform/embedded-postgres/lock-data-folder.ts';
import { type Finding, ok, problem } from './finding.ts';

interface Listener {
  readonly key: string;
  readonly variable: string;
  readonly bind: string;
  readonly port: number;
}

/** Whether the ports that Holdfast listens on are free, or taken by a Holdfast that already runs here. */
export async function checkListeners(config: Config): Promise<Finding[]> {
  const { http, metrics, tls, process: own } = config;
  const listeners: Listener[] = [
    { key: 'http', variable: 'HOLDFAST_HTTP_PORT', ...http },
    { key: 'tls', variable: 'HOLDFAST_TLS_PORT', bind: tls.bind, port: tls.port ?? 0 },
    { key: 'metrics', variable: 'HOLDFAST_METRICS_PORT', bind: metrics.bind, port: metrics.port ?? 0 },
    {
      ...{ key: 'process.internal', variable: 'HOLDFAST_PROCESS_INTERNAL_PORT' },
      ...{ bind: own.internalBind, port: own.internalPort },
    },
  ];
  const runs = isDataFolderLocked(config.dataDir);
  const findings = await Promise.all(
    listeners.filter(({ port }) => port !== 0).map((listener) => checkListener(listener, runs)),
  );
  return runs ? [ok(`a Holdfast is running on ${config.dataDir}`), ...findings] : findings;
}

async function checkListener({ key, variable, bind, port }: Listener, runs: boolean): Promise<Finding> {
  const code = await tryListening(bind, port);
  const name = `${key}: port ${port} of ${bind}`;
  switch (code) {
    case undefined:
      return ok(`${name} is free`);
    case 'EADDRINUSE':
      if (runs) return ok(`${name} is in use, as it should be while Holdfast runs`);
      return problem(
        `${name} is in use by another program`,
        `find it with \`ss -ltnp 'sport = :${port}'\`, or take another port: ${variable}=${port + 1}`,
      );
    case 'EACCES':
      return problem(
        `${name} needs more rights: ports below 1024 are root's`,
        `take another, ${variable}=8008, with a reverse proxy before it`,
      );
    case 'EADDRNOTAVAIL':
    case 'EAFNOSUPPORT':
      return problem(`${name}: this machine does not have that address`, 'see its addresses with `ip address`');
    default:
      return problem(`${name} cannot be listened on: ${code}`, `take another port: ${variable}=${port + 1}`);
  }
}

/** Listens for a moment; gives the error code, or undefined if it went well. */
function tryListening(bind: string, port: number): Promise<string | undefined> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ host: bind, port, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}
