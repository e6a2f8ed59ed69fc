const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

const text = { type: 'string', minLength: 1, maxLength: 2_000 } as const;
const flag = (fallback: boolean) => ({ type: 'boolean', default: fallback }) as const;
const number = (fallback: number, minimum: number, maximum: number) =>
  ({ type: 'integer', default: fallback, minimum, maximum }) as const;

function object(properties: Readonly<Record<string, object>>, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, required, properties } as const;
}

const network = object(
  {
    name: text,
    servers: {
      type: 'array',
      minItems: 1,
      maxItems: 20,
      items: object({ host: text, port: number(6697, 1, 65_535), tls: flag(true), ca: text }, ['host']),
    },
    password: text,
    flood: object({ burst_lines: number(5, 1, 10_000), line_ms: number(2_000, 1, 60_000) }),
    connect_pace_ms: number(1_000, 0, 60_000),
    nick: {
      type: 'string',
      pattern: '^[A-Za-z_\\[\\]\\\\^{}|`][A-Za-z0-9_\\-\\[\\]\\\\^{}|`]{0,29}$',
      default: 'matrix',
    },
    username: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,10}$', default: 'matrix' },
    realname: { ...text, maxLength: 200, default: 'Bridge to Matrix' },
    sasl: {
      ...object({ account: text, password: text, certificate: text, key: text }, ['account']),
      oneOf: [{ required: ['password'] }, { required: ['certificate', 'key'] }],
    },
    ipv6_prefix: { type: 'string', pattern: '^[0-9a-fA-F:]{2,39}/([1-9][0-9]?|1[01][0-9]|12[0-7])$' },
    connections: { type: 'string', enum: ['personal', 'relay'], default: 'personal' },
    max_connections: number(500, 1, 100_000),
    idle_disconnect_ms: number(0, 0, 365 * dayMs),
    members: { type: 'string', enum: ['lazy', 'full'], default: 'lazy' },
    max_new_accounts: number(2_000, 1, 100_000),
    new_accounts_window_ms: number(60 * minuteMs, 1_000, 7 * dayMs),
    presence: flag(false),
    leave_after_ms: number(10 * minuteMs, 0, 7 * dayMs),
    aliases: flag(true),
    encrypted_rooms: flag(false),
    canary: object(
      {
        channel: { type: 'string', pattern: '^[#&+!][^\\s,\\u0007]{1,49}$' },
        interval_ms: number(10_000, 100, minuteMs),
        alarm_ms: number(90_000, 200, 110_000),
      },
      ['channel'],
    ),
  },
  ['servers'],
);

/** JSON Schema of the configuration file; defaults are filled in. */
export const configSchema = object(
  {
    homeserver: object({ url: { ...text, pattern: '^https?://' }, server_name: text }, ['url', 'server_name']),
    registration: { ...text, default: 'registration.yaml' },
    database_url: { ...text, pattern: '^postgres(ql)?://' },
    http: {
      ...object({
        bind: { ...text, default: '127.0.0.1' },
        port: number(9898, 0, 65_535),
        url: { ...text, pattern: '^https?://' },
        public_url: { ...text, pattern: '^https?://' },
      }),
      default: {},
    },
    ident: object({ bind: { ...text, default: '::' }, port: number(113, 0, 65_535) }),
    key_file: { ...text, default: 'irc-bridge.key' },
    status_token: { ...text, minLength: 16 },
    administrators: { type: 'array', maxItems: 100, items: { ...text, pattern: '^@.+:.+$' }, default: [] },
    limits: {
      ...object({
        waiting_messages: number(2_000, 1, 1_000_000),
        waiting_from_irc: number(20_000, 1, 1_000_000),
        waiting_ms: number(dayMs, 1_000, 7 * dayMs),
        late_after_ms: number(minuteMs, 0, dayMs),
        concurrent_requests: number(32, 1, 1_000),
        link_lifetime_ms: number(7 * dayMs, 1_000, 365 * dayMs),
        message_memory_ms: number(7 * dayMs, 1_000, 365 * dayMs),
      }),
      default: {},
    },
    networks: {
      type: 'object',
      minProperties: 1,
      maxProperties: 50,
      additionalProperties: false,
      patternProperties: { '^[a-z0-9.-]{1,32}$': network },
    },
  },
  ['homeserver', 'database_url', 'networks'],
);
