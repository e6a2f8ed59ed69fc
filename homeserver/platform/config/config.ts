/**
 * The configuration with all defaults resolved: one YAML file, environment variables on top.
 * The shapes follow the YAML's keys (camelCase here, snake_case there).
 */
export interface Config {
  readonly dataDir: string;
  /** The part after the colon of every user id; fixed for good. Undefined until the set-up page has asked for it. */
  readonly serverName: string | undefined;
  readonly http: {
    readonly port: number;
    readonly bind: string;
    /** Base URL that clients use, for /.well-known; derived from the server name when absent. */
    readonly publicUrl: string | undefined;
  };
  readonly database: {
    /** postgres:// URL, filled in with the embedded PostgreSQL's when none is configured. */
    readonly url: string;
    readonly poolSize: number;
  };
  readonly shards: { readonly count: number };
  readonly process: {
    readonly internalBind: string;
    /** 0: any free port. */
    readonly internalPort: number;
    /** host:port under which other processes reach this one, when it is not bind and port. */
    readonly internalAddress: string | undefined;
    readonly leaseMs: number;
    /** Whether hints are sent and heard; without them everything still arrives by polling. */
    readonly hints: boolean;
  };
  readonly registration: {
    readonly mode: 'closed' | 'token' | 'open';
    readonly sharedSecret: string | undefined;
    readonly terms: { readonly version: string; readonly name: string; readonly url: string } | undefined;
  };
  readonly rateLimits: {
    readonly enabled: boolean;
    /** Per kind of request: tokens a second and burst. */
    readonly kinds: Readonly<Record<string, { readonly perSecond: number; readonly burst: number }>>;
  };
  readonly media: {
    /** Folder of the content-addressed store. */
    readonly storeDir: string;
    readonly maxUploadBytes: number;
    /** What one user may keep in all. */
    readonly userQuotaBytes: number;
  };
  readonly limits: {
    /** Memory for recent log entries, all shards together. */
    readonly logWindowBytes: number;
    /** Memory for hot rooms at the owner, per shard. */
    readonly hotRoomBytes: number;
    readonly requestBodyBytes: number;
  };
  readonly presence: { readonly enabled: boolean };
  readonly log: { readonly level: string; readonly format: 'json' | 'pretty' };
  readonly metrics: { readonly enabled: boolean; readonly token: string | undefined };
  readonly password: {
    readonly minimumLength: number;
    readonly argon2MemoryKib: number;
    readonly argon2Iterations: number;
  };
  readonly rooms: { readonly defaultVersion: string };
}
