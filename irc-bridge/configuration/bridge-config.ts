/** What a bridge can be told. In the file the keys are in snake_case; docs/operating/irc-bridge.md explains each. */
export interface BridgeConfig {
  readonly homeserver: { readonly url: string; readonly serverName: string };
  /** Path of the registration file that the homeserver has as well; made if missing. */
  readonly registration: string;
  readonly databaseUrl: string;
  readonly http: {
    readonly bind: string;
    readonly port: number;
    /** Where the homeserver reaches the bridge; derived from bind and port unless set. */
    readonly url: string;
    /** Where people on IRC reach it, for links to files; the same as `url` unless set. */
    readonly publicUrl: string;
  };
  /** Tells IRC servers whose connection is whose (RFC 1413). */
  readonly ident: { readonly bind: string; readonly port: number } | undefined;
  /** Path of the key that stored passwords are encrypted and links are signed with; made if missing. */
  readonly keyFile: string;
  /** Bearer token of `/status` and the provisioning operations; these are off without one. */
  readonly statusToken: string | undefined;
  /** Matrix users who may link any room to any channel and see the whole status. */
  readonly administrators: readonly string[];
  readonly limits: {
    /** Messages that wait for IRC, per room; later ones are refused with a notice. */
    readonly waitingMessages: number;
    /** Messages that wait for the homeserver, per channel or nick; all together have fifty times that. */
    readonly waitingFromIrc: number;
    /** How long a message may wait for IRC. */
    readonly waitingMs: number;
    /** From which delay on a message carries the time at which it was said. */
    readonly lateAfterMs: number;
    /** Requests to the homeserver at once. */
    readonly concurrentRequests: number;
    /** How long a link to a file works. */
    readonly linkLifetimeMs: number;
    /** How long replies, reactions and redactions find the message that they are about. */
    readonly messageMemoryMs: number;
  };
  readonly networks: readonly NetworkConfig[];
}

export interface NetworkConfig {
  /** The part of user ids and aliases: `@irc_ID_nick:server`. */
  readonly id: string;
  readonly name: string;
  readonly servers: readonly {
    readonly host: string;
    readonly port: number;
    readonly tls: boolean;
    /** Path of certificates to trust besides the system's. */
    readonly ca: string | undefined;
  }[];
  readonly password: string | undefined;
  /** How much may be said at once and then how often; undefined: as most networks want it. */
  readonly flood: { readonly burstLines: number; readonly lineMs: number } | undefined;
  /** New connections: one each so many milliseconds. */
  readonly connectPaceMs: number;
  readonly nick: string;
  readonly username: string;
  readonly realname: string;
  /** With a password (PLAIN), or with paths of a certificate and its key (EXTERNAL). */
  readonly sasl:
    | {
        readonly account: string;
        readonly password?: string;
        readonly certificate?: string;
        readonly key?: string;
      }
    | undefined;
  /** Each Matrix user connects from an address of its own in this prefix. */
  readonly ipv6Prefix: string | undefined;
  /** `personal`: each Matrix user has a connection; `relay`: the bot speaks for all. */
  readonly connections: 'personal' | 'relay';
  readonly maxConnections: number;
  /** How long a Matrix user may be silent before its connection ends; 0: for ever. */
  readonly idleDisconnectMs: number;
  /** `lazy`: people of IRC join the room when they speak; `full`: all of a channel's. */
  readonly members: 'lazy' | 'full';
  /** Accounts that are made for people of IRC in `newAccountsWindowMs`; for more of them the bot speaks. */
  readonly maxNewAccounts: number;
  readonly newAccountsWindowMs: number;
  /** Whether people of IRC are shown as present or away. */
  readonly presence: boolean;
  /** How long one who left by a netsplit, or with the bridge's connection, is expected back. */
  readonly leaveAfterMs: number;
  /** Whether anybody may make a room for a channel by its alias. */
  readonly aliases: boolean;
  readonly encryptedRooms: boolean;
  readonly canary: { readonly channel: string; readonly intervalMs: number; readonly alarmMs: number } | undefined;
}
