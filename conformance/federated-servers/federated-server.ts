/** What a server needs to know to be started. */
export interface ServerSetting {
  readonly folder: string;
  readonly serverName: string;
  readonly databaseUrl: string;
  /** Paths of PEM files. */
  readonly tlsCertificate: string;
  readonly tlsKey: string;
  /** The authority that issued the certificates of all servers. */
  readonly authorities: string;
  /** Where programs are installed that are not part of the repository. */
  readonly scratchFolder: string;
  /** Free ones unless given; for a server that is started again. */
  readonly port?: number;
  readonly tlsPort?: number;
  /** Whether users see who is online; true unless given. */
  readonly presence?: boolean;
}

export interface StartedServer {
  /** Of the client-server API. */
  readonly baseUrl: string;
  readonly tlsPort: number;
  readonly pid: number;
  readonly version: string;
  /** Reads `/metrics` of the client-server listener, where the server has such a token. */
  readonly metricsToken?: string;
  stop(): Promise<void>;
}
