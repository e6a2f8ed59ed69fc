import { join } from 'node:path';
import { findFreePort, runServer } from '@holdfast/benchmarks/peers/run-server.ts';
import type { ServerSetting, StartedServer } from './federated-server.ts';

const program = join(import.meta.dirname, '../../homeserver/holdfast.js');

/** Holdfast as it comes, with open registration and loopback allowed. */
export async function startHoldfast(setting: ServerSetting): Promise<StartedServer> {
  const port = setting.port ?? (await findFreePort());
  const tlsPort = setting.tlsPort ?? (await findFreePort());
  const running = await runServer({
    program: process.execPath,
    args: [program, 'start'],
    folder: setting.folder,
    port,
    env: {
      HOLDFAST_DATA_DIR: setting.folder,
      HOLDFAST_SERVER_NAME: setting.serverName,
      HOLDFAST_HTTP_PORT: String(port),
      HOLDFAST_DATABASE_URL: setting.databaseUrl,
      HOLDFAST_REGISTRATION_MODE: 'open',
      HOLDFAST_RATE_LIMITS_ENABLED: 'false',
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
    },
  });
  return { ...running, tlsPort, version: 'Holdfast' };
}
