import { maxShards } from '@holdfast/protocol/sync-tokens/sync-token.ts';
import { backupKeys } from './backup-keys.ts';
import {
  checkAddress,
  checkDatabaseUrl,
  checkNetwork,
  checkPublicUrl,
  checkServerName,
  checkServerPattern,
} from './check-setting.ts';
import { choice, decimal, flag, integer, section, text, textList } from './config-keys.ts';
import { monitorKeys } from './monitor-keys.ts';

const mebibyte = 1024 * 1024;
const gibibyte = 1024 * mebibyte;
const hourMs = 3_600_000;

function rate(perSecond: number, burst: number, description: string) {
  return section(description, {
    perSecond: decimal(perSecond, 0.0001, 100_000, 'How many go through in the long run, per second.'),
    burst: integer(burst, 1, 100_000, 'How many go through at once after a pause.'),
  });
}

/** Everything that can be set. `docs/operating/configuration.md` is made from this. */
export const configKeys = {
  dataDir: text('data', 'Folder for everything that Holdfast keeps: its database, media, this file. Made if missing.'),
  serverName: text(
    undefined,
    'The part after the colon in user ids, such as `example.org`. It can never change once there are accounts. ' +
      'Unset, the first visit to the start page asks for it.',
    { maxLength: 230, check: checkServerName },
  ),
  http: section('The listener for clients and the console.', {
    port: integer(8008, 0, 65_535, 'TCP port; 0 takes any free one.'),
    bind: text('127.0.0.1', 'Address to listen on: `127.0.0.1` this machine only, `::` everywhere.', {
      check: checkAddress,
    }),
    publicUrl: text(
      undefined,
      'The address at which clients reach this server, such as `https://matrix.example.org`. Unset: as in the request.',
      { check: checkPublicUrl },
    ),
    trustedProxies: textList(
      ['127.0.0.1', '::1'],
      'Addresses or networks (`10.0.0.0/8`) of reverse proxies whose X-Forwarded-For is believed.',
    ),
  }),
  database: section('PostgreSQL.', {
    url: text(
      undefined,
      'A PostgreSQL of your own, 15 or newer: `postgres://user:password@host:5432/name`; several hosts separated by ' +
        'commas mean: find the primary. Unset, Holdfast runs one in its data folder.',
      { secret: true, check: checkDatabaseUrl },
    ),
    poolSize: integer(10, 2, 500, 'Connections for reading, per process.'),
    statementTimeoutMs: integer(10_000, 100, 600_000, 'Longest time of one statement, in milliseconds.'),
  }),
  backup: backupKeys,
  shards: section('How rooms and users are spread over processes.', {
    count: integer(1, 1, maxShards, 'Number of shards. 1 for one machine, 16 or more for a cluster.'),
  }),
  process: section('This process among several over one database.', {
    internalBind: text('127.0.0.1', 'Address on which other Holdfast processes reach this one.', {
      check: checkAddress,
    }),
    internalPort: integer(0, 0, 65_535, 'Port for that; 0 takes any free one.'),
    internalAddress: text(undefined, 'host:port under which others reach it, where that is not the address it binds.'),
    hints: flag(true, 'Tell other processes of news at once; without hints they look every second.'),
    leaseMs: integer(
      2_500,
      500,
      60_000,
      'For how long a process owns its shards without renewal, in milliseconds: a dead one is replaced after this time.',
    ),
    shutdownGraceMs: integer(10_000, 0, 600_000, 'How long requests may finish at the end, in milliseconds.'),
  }),
  registration: section('Who may make an account.', {
    mode: choice(
      'token',
      ['closed', 'token', 'open'],
      '`closed`: nobody; `token`: with a registration token (`holdfast token create`); `open`: everybody.',
    ),
    sharedSecret: text(undefined, 'Secret of tools that make accounts (`/_synapse/admin/v1/register`).', {
      secret: true,
    }),
    terms: section('Terms that must be agreed to; asked for when `url` is set.', {
      url: text(undefined, 'Where the terms can be read.', { check: checkPublicUrl }),
      name: text('Terms of use', 'Their title.', { maxLength: 200 }),
      version: text('1', 'Their version.', { maxLength: 50 }),
    }),
  }),
  support: section('Whom people can ask for help; published at `/.well-known/matrix/support`.', {
    page: text(undefined, 'Address of a page with help.', { check: checkPublicUrl }),
    adminUserId: text(undefined, 'Matrix user id of an administrator, such as `@admin:example.org`.', {
      maxLength: 255,
    }),
    adminEmail: text(undefined, 'E-mail address of an administrator.', { maxLength: 255 }),
    securityEmail: text(undefined, 'E-mail address for reports of security problems.', { maxLength: 255 }),
  }),
  rateLimits: section('Requests per user, or per address where there is no user yet. More are answered with 429.', {
    enabled: flag(true, 'Off only for load tests.'),
    request: rate(100, 500, 'Any request, per user.'),
    message: rate(10, 100, 'Events sent.'),
    createRoom: rate(0.5, 10, 'Rooms made.'),
    join: rate(1, 30, 'Joins and knocks.'),
    invite: rate(1, 30, 'Invitations sent.'),
    toDevice: rate(50, 500, 'Requests that send messages to devices.'),
    mediaUpload: rate(5, 50, 'Files uploaded.'),
    report: rate(0.1, 20, 'Rooms, events and users reported.'),
    userSearch: rate(2, 20, 'Searches of the user directory.'),
    registration: rate(0.1, 10, 'Accounts made, per address.'),
    loginAddress: rate(0.5, 20, 'Logins, per address.'),
    loginFailure: rate(0.05, 10, 'Wrong passwords, per account.'),
    keyQuery: rate(5, 100, 'Questions for the keys of other servers, per address.'),
    otherServer: rate(500, 5_000, 'Requests of another server, per server.'),
  }),
  media: section('Files sent in rooms.', {
    maxUploadBytes: integer(50 * mebibyte, 1, 10 * gibibyte, 'Largest file, in bytes.'),
    userQuotaBytes: integer(
      undefined,
      1,
      Number.MAX_SAFE_INTEGER,
      'What one user may store in all, in bytes. Unset: no limit.',
    ),
    storePath: text(undefined, 'Folder of the files. Unset: `media` in the data folder.'),
    pendingUploads: integer(20, 1, 1_000, 'How many uploads a user may announce without sending the file.'),
    pendingLifetimeMs: integer(24 * hourMs, 60_000, 720 * hourMs, 'How long such an upload is waited for.'),
    maxThumbnailPixels: integer(64_000_000, 1, 1_000_000_000, 'Pictures with more pixels get no thumbnails.'),
    authenticatedDownloads: flag(
      true,
      'New files are given only to those who say who they are. The old paths, which ask nobody, then find only files ' +
        'that came while this was off, as old clients and servers need it.',
    ),
    maxRemoteBytes: integer(50 * mebibyte, 1, 10 * gibibyte, 'Largest file fetched from another server, in bytes.'),
    remoteTimeoutMs: integer(120_000, 1_000, 3_600_000, 'How long fetching such a file may take, in milliseconds.'),
    remoteLifetimeMs: integer(
      undefined,
      hourMs,
      Number.MAX_SAFE_INTEGER,
      'Files of other servers that nobody asked for during so many milliseconds are deleted here; they are fetched ' +
        'again when somebody does. Unset: they are kept.',
    ),
  }),
  limits: section('Bounds of memory and requests.', {
    maxBodyBytes: integer(4 * mebibyte, 65_536, 256 * mebibyte, 'Largest body of a JSON request, in bytes.'),
    hotRoomBytes: integer(128 * mebibyte, mebibyte, 64 * gibibyte, 'Memory for the state of busy rooms, in bytes.'),
    recentEntryBytes: integer(32 * mebibyte, mebibyte, 16 * gibibyte, 'Memory for the newest events, in bytes.'),
    maxSyncTimeoutMs: integer(120_000, 1_000, 600_000, 'Longest wait of one sync, in milliseconds.'),
    maxDevicesPerUser: integer(500, 1, 100_000, 'More logins than this are refused.'),
  }),
  federation: section('Other servers.', {
    enabled: flag(true, 'Off: no other server is asked or answered, and rooms stay on this one.'),
    allow: textList([], 'Only these servers, such as `example.org` or `*.example.org`. Empty: every server.', {
      check: checkServerPattern,
    }),
    deny: textList([], 'Not these servers, whatever `allow` says.', { check: checkServerPattern }),
    privateAddresses: textList(
      [],
      'Networks, such as `10.0.0.0/8`, in which other servers may be although they are private. All other private ' +
        'addresses are refused, or strangers could have this machine ask around in its own network.',
      { check: checkNetwork },
    ),
    caFile: text(
      undefined,
      'PEM file of certificate authorities that are believed besides those of the operating system.',
    ),
    keyServers: textList(
      ['matrix.org'],
      'Servers that are asked for the keys of servers that do not answer themselves. They must be trusted: what they ' +
        'say is believed for servers that nobody can reach any more.',
      { check: checkServerName },
    ),
    maxConnections: integer(500, 10, 100_000, 'Connections to other servers at the same time, per process.'),
    replayedEvents: integer(
      1_000,
      0,
      10_000,
      'A server that was away is sent the events that it missed, in their order, if there are no more than these; ' +
        'otherwise the newest of each room, and it asks for the others itself.',
    ),
    publicRooms: flag(false, 'Show the public room directory of this server to other servers.'),
  }),
  applicationServices: section('Bridges and bots that are registered with this server.', {
    folder: text(
      undefined,
      'Folder of their registration files, `*.yaml`. Unset: `appservices` in the data folder. Files may be added, ' +
        'changed and removed at any time. Where several processes have the folder, it must be the same for all.',
    ),
  }),
  tls: section('A listener of its own for other servers, with TLS. It answers clients too. Used when `port` is set.', {
    port: integer(undefined, 0, 65_535, 'TCP port: 8448 unless something else leads other servers here.'),
    bind: text('::', 'Address to listen on.', { check: checkAddress }),
    certificate: text(undefined, 'PEM file with the certificate and those between it and the authority.'),
    key: text(undefined, 'PEM file with its private key. Both files are read again when they change.'),
  }),
  ircBridge: section('The bridge to IRC that comes with Holdfast.', {
    config: text(
      undefined,
      "Path of the bridge's configuration file. When set, this process runs the bridge and registers it; see " +
        '`docs/operating/irc-bridge.md`.',
    ),
  }),
  monitor: monitorKeys,
  presence: section('Who is online.', {
    enabled: flag(true, 'Off saves work on large servers.'),
  }),
  log: section("Holdfast's own log, on standard output.", {
    level: choice('info', ['trace', 'debug', 'info', 'warn', 'error', 'fatal'], 'The least that is written.'),
    format: choice('auto', ['auto', 'json', 'pretty'], '`auto`: `pretty` in a terminal, otherwise `json`.'),
  }),
  metrics: section('`/metrics` for Prometheus. Served where one of `port` and `token` is set.', {
    port: integer(undefined, 0, 65_535, 'A port of its own, without authentication.'),
    bind: text('127.0.0.1', 'Address of that port.', { check: checkAddress }),
    token: text(undefined, 'With `Authorization: Bearer ...` and this, `/metrics` answers on the main listener.', {
      secret: true,
    }),
  }),
  password: section('Passwords of accounts (Argon2id).', {
    minimumLength: integer(8, 1, 512, 'Shortest new password, in characters.'),
    memoryKib: integer(19_456, 1_024, 4 * 1_048_576, 'Memory for hashing one password, in KiB.'),
    iterations: integer(2, 1, 100, 'Passes over that memory.'),
  }),
  room: section('New rooms.', {
    defaultVersion: choice(
      '12',
      ['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'],
      'Room version of rooms whose maker asks for none.',
    ),
  }),
};
