/** A homeserver that can be started for a measurement. */
export interface Peer {
  readonly name: string;
  /** Starts over the given data, which may be fresh or from an earlier start with the same options. */
  start(options: PeerOptions): Promise<RunningServer>;
}

export interface PeerOptions {
  /** An existing database of its own, made with the C collation. */
  readonly databaseUrl: string;
  /** A folder of its own for keys, media and logs, kept between starts. */
  readonly dataFolder: string;
  readonly serverName: string;
}

export interface RunningServer {
  readonly baseUrl: string;
  readonly pid: number;
  readonly databaseUrl: string;
  readonly registrationSecret: string | undefined;
  /** What runs, such as `Synapse 1.163.2`. */
  readonly version: string;
  /** From starting the process until it answered. */
  readonly startMs: number;
  stop(): Promise<void>;
}
