import { Ajv } from 'ajv';

const text = { type: 'string', minLength: 1, maxLength: 2_000 } as const;
const url = { ...text, pattern: '^https?://' } as const;
const port = { type: 'integer', minimum: 1, maximum: 65_535 } as const;
const dayMs = 86_400_000;
const duration = { type: 'integer', minimum: 1_000, maximum: 7 * dayMs } as const;

function object(properties: Readonly<Record<string, object>>, required: readonly string[] = []) {
  return { type: 'object', additionalProperties: false, required, properties } as const;
}

/** What each kind of notifier needs; docs/operating/monitor.md says it in words. */
const kinds: Readonly<Record<string, [properties: Readonly<Record<string, object>>, required: readonly string[]]>> = {
  smtp: [
    {
      ...{
        host: text,
        port,
        encryption: { enum: ['tls', 'starttls', 'none'] },
        user: text,
        password: text,
        from: text,
      },
      ...{ reply_to: text, reply_secret: { ...text, minLength: 16 } },
    },
    ['host', 'from'],
  ],
  sms: [{ url, account: text, token: text, from: text, replies: { type: 'boolean' } }, ['account', 'token', 'from']],
  voice: [{ url, account: text, token: text, from: text }, ['account', 'token', 'from']],
  ntfy: [{ url, token: text }, ['url']],
  slack: [{}, []],
  matrix: [{ url, access_token: text }, ['url', 'access_token']],
  webhook: [{ secret: text }, []],
  pagerduty: [{ url, webhook_secret: text }, []],
  alertmanager: [{}, []],
};

const named = { pattern: '^[A-Za-z0-9_.-]{1,64}$' } as const;
const reach = { notifier: text, address: text };

const schema = object({
  notifiers: {
    type: 'object',
    maxProperties: 50,
    propertyNames: named,
    additionalProperties: { type: 'object', required: ['kind'], properties: { kind: { enum: Object.keys(kinds) } } },
  },
  people: {
    type: 'object',
    maxProperties: 200,
    propertyNames: named,
    additionalProperties: object(
      {
        name: text,
        reach: {
          type: 'array',
          minItems: 1,
          maxItems: 20,
          items: object({ ...reach, second: { type: 'boolean' } }, ['notifier', 'address']),
        },
      },
      ['reach'],
    ),
  },
  team: { type: 'array', maxItems: 20, items: object(reach, ['notifier', 'address']) },
  roster: object(
    {
      time_zone: text,
      people: { type: 'array', minItems: 1, maxItems: 200, items: text },
      start: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' },
      hand_over: { type: 'string', pattern: '^([01]\\d|2[0-3]):[0-5]\\d$' },
      every_days: { type: 'integer', minimum: 1, maximum: 366 },
      overrides: {
        type: 'array',
        maxItems: 500,
        items: object({ person: text, from: text, to: text }, ['person', 'from', 'to']),
      },
    },
    ['time_zone', 'people', 'start'],
  ),
  maintenance: {
    type: 'array',
    maxItems: 100,
    items: object(
      { from: text, to: text, rules: { type: 'array', maxItems: 100, items: text }, by: text, reason: text },
      ['from', 'to', 'reason'],
    ),
  },
  escalation: object({
    again_after_ms: duration,
    next_person_after_ms: duration,
    everybody_after_ms: duration,
    second_provider_after_ms: duration,
    repeat_every_ms: duration,
    acknowledgement_lasts_ms: duration,
  }),
});

interface Paging {
  readonly notifiers?: Readonly<Record<string, { readonly kind: string }>>;
  readonly people?: Readonly<Record<string, { readonly reach: readonly { readonly notifier: string }[] }>>;
  readonly team?: readonly { readonly notifier: string }[];
  readonly maintenance?: readonly Span[];
  readonly roster?: {
    readonly time_zone: string;
    readonly people: readonly string[];
    readonly start: string;
    readonly overrides?: readonly { readonly person: string; readonly from: string; readonly to: string }[];
  };
}

/** What is wrong with `monitor.paging`, as a sentence; undefined when nothing is. Values are not shown: some are secret. */
export function checkPaging(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  // The schemas are our own: they are not checked against the schema of schemas.
  const ajv = new Ajv({ meta: false, validateSchema: false });
  const explain = (at: string) => {
    const [error] = ajv.errors ?? [];
    const unknown = (error?.params as { additionalProperty?: string } | undefined)?.additionalProperty;
    const extra = unknown === undefined ? '' : `: \`${unknown}\``;
    return `(\`${`${at}${error?.instancePath ?? ''}`.replaceAll('/', '.').replace(/^\./, '')}\`) ${error?.message}${extra}`;
  };
  if (!ajv.validate(schema, value)) return explain('');
  const paging = value as Paging;
  for (const [name, { kind, ...settings }] of Object.entries(paging.notifiers ?? {})) {
    const [properties, required] = kinds[kind] ?? [{}, []];
    if (!ajv.validate(object(properties, required), settings)) return explain(`notifiers.${name}`);
  }
  return checkNames(paging) ?? checkRoster(paging) ?? checkSpans('maintenance', paging.maintenance);
}

/** Whether those who are named are there. */
function checkNames({ notifiers = {}, people = {}, team = [], roster }: Paging): string | undefined {
  const isNotifier = ({ notifier }: { readonly notifier: string }) => Object.hasOwn(notifiers, notifier);
  for (const [name, { reach: ways }] of Object.entries(people)) {
    const wrong = ways.find((way) => !isNotifier(way));
    if (wrong) return `(\`people.${name}\`) is reached by \`${wrong.notifier}\`, and there is no such notifier`;
  }
  const wrong = team.find((way) => !isNotifier(way));
  if (wrong) return `(\`team\`) is reached by \`${wrong.notifier}\`, and there is no such notifier`;
  const onDuty = [...(roster?.people ?? []), ...(roster?.overrides ?? []).map(({ person }) => person)];
  const unknown = onDuty.find((person) => !Object.hasOwn(people, person));
  return unknown === undefined ? undefined : `(\`roster\`) has \`${unknown}\`, who is not among \`people\``;
}

function checkRoster({ roster }: Paging): string | undefined {
  if (!roster) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: roster.time_zone }).format(0);
  } catch {
    return '(`roster.time_zone`) must be a name such as `Europe/Berlin`';
  }
  if (Number.isNaN(Date.parse(`${roster.start}T00:00:00Z`))) return '(`roster.start`) is no date';
  return checkSpans('roster.overrides', roster.overrides);
}

interface Span {
  readonly from: string;
  readonly to: string;
}

function checkSpans(where: string, spans: readonly Span[] = []): string | undefined {
  for (const { from, to } of spans) {
    const isMoment = (moment: string) => /T.*(Z|[+-]\d\d:\d\d)$/.test(moment) && !Number.isNaN(Date.parse(moment));
    if (!isMoment(from) || !isMoment(to)) return `(\`${where}\`) needs times like \`2026-12-24T18:00:00+01:00\``;
    if (Date.parse(from) >= Date.parse(to)) return `(\`${where}\`) has one that ends before it begins`;
  }
  return undefined;
}
