/** What the suite's driver tells a server, all of it in the environment. */
export interface ComplementSetting {
  /** Without a port. */
  readonly serverName: string;
  /** Port 8008 of this address is plain HTTP, port 8448 is TLS; both serve clients and servers. */
  readonly bindAddress: string;
  /** Keeps everything from one start to the next. */
  readonly dataDir: string;
  readonly tlsCertificate: string;
  readonly tlsKey: string;
  /** A file with the authority that issued the certificates of all servers of the run. */
  readonly authorities: string;
  readonly registrationSecret: string;
  /** A folder with the registrations of application services. */
  readonly appserviceDir: string | undefined;
}

export const plainPort = 8008;
export const tlsPort = 8448;

/** Reads the environment. Throws an Error that names a variable that is missing. */
export function readSetting(environment: Readonly<Record<string, string | undefined>>): ComplementSetting {
  const read = (name: string): string => {
    const value = environment[name];
    if (!value) throw new Error(`the environment has no ${name}`);
    return value;
  };
  return {
    serverName: read('SERVER_NAME'),
    bindAddress: read('BIND_IP'),
    dataDir: read('DATA_DIR'),
    tlsCertificate: read('TLS_CERT'),
    tlsKey: read('TLS_KEY'),
    authorities: read('NODE_EXTRA_CA_CERTS'),
    registrationSecret: read('REGISTRATION_SHARED_SECRET'),
    appserviceDir: environment['APPSERVICE_DIR'] || undefined,
  };
}

/**
 * Holdfast's settings, by file key: open registration, no rate limits, cheap password hashes, loopback allowed,
 * rooms of version 10, because with later ones tests of the suite put the creator into the power levels, and the old
 * media paths open, which the suite asks without a token.
 */
export function formatOverrides(setting: ComplementSetting): Record<string, unknown> {
  return {
    data_dir: setting.dataDir,
    server_name: setting.serverName,
    'http.bind': setting.bindAddress,
    'http.port': plainPort,
    'database.pool_size': 4,
    'registration.mode': 'open',
    'registration.shared_secret': setting.registrationSecret,
    'rate_limits.enabled': false,
    'password.minimum_length': 6,
    'password.memory_kib': 1024,
    'password.iterations': 1,
    'room.default_version': '10',
    'log.format': 'json',
    'tls.bind': setting.bindAddress,
    'tls.port': tlsPort,
    'tls.certificate': setting.tlsCertificate,
    'tls.key': setting.tlsKey,
    'federation.ca_file': setting.authorities,
    'federation.private_addresses': ['127.0.0.0/8'],
    'federation.key_servers': [],
    'federation.public_rooms': true,
    'media.authenticated_downloads': false,
    ...(setting.appserviceDir !== undefined && { 'application_services.folder': setting.appserviceDir }),
  };
}
