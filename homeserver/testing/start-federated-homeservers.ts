import type { Log } from '@holdfast/effects/log.ts';
import { startTestHomeserver, type TestHomeserver } from './start-test-homeserver.ts';
import { makeTestNetwork, type TestNetwork } from './test-network.ts';

export interface FederatedHomeserversOptions {
  /** Server names, below `.test`; `one.test`, `two.test` and so on when it is a number. */
  readonly servers: number | readonly string[];
  /** Settings of all by file key. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly log?: Log;
}

export interface FederatedHomeservers {
  /** In the order of their names. */
  readonly homeservers: readonly FederatedHomeserver[];
  readonly network: TestNetwork;
  stop(): Promise<void>;
}

export interface FederatedHomeserver extends TestHomeserver {
  readonly serverName: string;
}

const numberNames = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'];

/**
 * Homeservers that reach each other as servers on the internet do (discovery, TLS, keys), each with a database of its
 * own, on loopback. `network` makes more servers known to them.
 */
export async function startFederatedHomeservers(options: FederatedHomeserversOptions): Promise<FederatedHomeservers> {
  const { servers } = options;
  const names = typeof servers === 'number' ? numberNames.slice(0, servers).map((name) => `${name}.test`) : servers;
  const network = await makeTestNetwork();
  const homeservers: FederatedHomeserver[] = [];
  const stop = async () => {
    await Promise.all(homeservers.map((homeserver) => homeserver.stop()));
  };
  try {
    for (const name of names) homeservers.push(await startFederatedHomeserver(network, name, options));
  } catch (error) {
    // Those that run would keep the test from ending.
    await stop();
    throw error;
  }
  return { homeservers, network, stop };
}

/** One more homeserver in a test network. */
export async function startFederatedHomeserver(
  network: TestNetwork,
  serverName: string,
  options: Pick<FederatedHomeserversOptions, 'config' | 'log'> = {},
): Promise<FederatedHomeserver> {
  const { certificate, key } = await network.writeCertificate([serverName]);
  const homeserver = await startTestHomeserver({
    ...options,
    nameResolver: network.resolver,
    config: {
      server_name: serverName,
      // Several servers in one process have long turns.
      'process.lease_ms': 10_000,
      ...{ 'tls.port': 0, 'tls.bind': '127.0.0.1', 'tls.certificate': certificate, 'tls.key': key },
      'federation.ca_file': network.caFile,
      'federation.private_addresses': ['127.0.0.0/8'],
      'federation.key_servers': [],
      ...options.config,
    },
    onStart: ({ tlsUrl }) => network.addServer(serverName, Number(new URL(tlsUrl ?? '').port)),
  });
  return { ...homeserver, serverName };
}
