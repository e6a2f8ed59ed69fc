import { findFreePort } from '@holdfast/benchmarks/peers/run-server.ts';
import { runSynapse } from '@holdfast/benchmarks/peers/synapse/run-synapse.ts';
import { noLimit } from '@holdfast/benchmarks/peers/synapse/synapse-config.ts';
import type { ServerSetting, StartedServer } from './federated-server.ts';

/** Synapse with its federation on loopback. */
export async function startSynapse(setting: ServerSetting): Promise<StartedServer> {
  const { folder, scratchFolder, serverName, databaseUrl } = setting;
  const port = setting.port ?? (await findFreePort());
  const tlsPort = setting.tlsPort ?? (await findFreePort());
  const base = { dataFolder: folder, serverName, databaseUrl, port, registrationSecret: 'interop' };
  const running = await runSynapse(scratchFolder, base, federationConfig(setting, port, tlsPort));
  return { ...running, tlsPort };
}

/** Federation on loopback, presence, open registration; and attempts that are repeated soon after a cut. */
function federationConfig(setting: ServerSetting, port: number, tlsPort: number): Record<string, unknown> {
  const listener = { bind_addresses: ['127.0.0.1'], type: 'http' };
  return {
    listeners: [
      { ...listener, port, tls: false, resources: [{ names: ['client', 'media'], compress: false }] },
      { ...listener, port: tlsPort, tls: true, resources: [{ names: ['client', 'media', 'federation', 'keys'] }] },
    ],
    tls_certificate_path: setting.tlsCertificate,
    tls_private_key_path: setting.tlsKey,
    federation_custom_ca_list: [setting.authorities],
    ip_range_blacklist: [],
    federation_ip_range_blacklist: [],
    allow_public_rooms_over_federation: true,
    room_list_publication_rules: [{ action: 'allow' }],
    allow_device_name_lookup_over_federation: true,
    enable_registration: true,
    enable_registration_without_verification: true,
    enable_authenticated_media: true,
    presence: { enabled: setting.presence ?? true },
    rc_federation: { window_size: 1_000, sleep_limit: 100_000, sleep_delay: 0, reject_limit: 100_000, concurrent: 100 },
    rc_key_requests: noLimit,
    rc_reports: noLimit,
    rc_media_create: noLimit,
    federation: {
      destination_min_retry_interval: '1s',
      destination_retry_multiplier: 2,
      destination_max_retry_interval: '2s',
    },
  };
}
