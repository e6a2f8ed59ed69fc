import { Ajv } from 'ajv';

/** A folder whose volume the monitor watches. Names are those of the configuration file. */
export interface WatchedVolume {
  readonly path: string;
  readonly holds: string;
  readonly exporter?: string;
}

const schema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['path', 'holds'],
    properties: {
      path: { type: 'string', maxLength: 1_000, pattern: '^/' },
      holds: { type: 'string', pattern: '^[A-Za-z][A-Za-z -]{0,60}$' },
      exporter: { type: 'string', maxLength: 1_000, pattern: '^https?://[^/]' },
    },
  },
} as const;

/** What is wrong with `monitor.volumes`; undefined when it is well. */
export function checkVolumes(value: unknown): string | undefined {
  const validate = new Ajv({ meta: false, validateSchema: false }).compile(schema);
  if (validate(value)) return undefined;
  const [error] = validate.errors ?? [];
  const where = error?.instancePath.replaceAll('/', ' ').trim() ?? '';
  return `${where && `(${where}) `}must be like \`{ path: /srv, holds: database }\`: ${error?.message ?? 'it is wrong'}`;
}
