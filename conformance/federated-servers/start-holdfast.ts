import { runHoldfast } from '@holdfast/benchmarks/peers/run-holdfast.ts';
import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import type { ServerSetting, StartedServer } from './federated-server.ts';

const metricsToken = 'metrics-of-this-run';

/** Holdfast as it comes, with open registration and loopback allowed. */
export async function startHoldfast(setting: ServerSetting): Promise<StartedServer> {
  const port = setting.port ?? (await findFreePort());
  const tlsPort = setting.tlsPort ?? (await findFreePort());
  const { folder, serverName, databaseUrl } = setting;
  const env = {
    HOLDFAST_REGISTRATION_MODE: 'open',
    HOLDFAST_PASSWORD_MEMORY_KIB: '1024',
    HOLDFAST_PASSWORD_ITERATIONS: '1',
    HOLDFAST_PRESENCE_ENABLED: String(setting.presence ?? true),
    HOLDFAST_TLS_PORT: String(tlsPort),
    HOLDFAST_TLS_CERTIFICATE: setting.tlsCertificate,
    HOLDFAST_TLS_KEY: setting.tlsKey,
    HOLDFAST_FEDERATION_CA_FILE: setting.authorities,
    HOLDFAST_FEDERATION_PRIVATE_ADDRESSES: '127.0.0.0/8,::1/128',
    HOLDFAST_FEDERATION_KEY_SERVERS: '',
    HOLDFAST_FEDERATION_PUBLIC_ROOMS: 'true',
    HOLDFAST_METRICS_TOKEN: metricsToken,
  };
  const running = await runHoldfast({ folder, port, serverName, databaseUrl, env });
  return { ...running, tlsPort, version: 'Holdfast', metricsToken };
}
