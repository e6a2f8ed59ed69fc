import { Ajv } from 'ajv';

/** An application service that has to be heard of. Names are those of the configuration file. */
export interface ExpectedActivity {
  readonly service: string;
  readonly within_minutes: number;
}

const schema = {
  type: 'array',
  items: {
    type: 'object',
    additionalProperties: false,
    required: ['service', 'within_minutes'],
    properties: {
      service: { type: 'string', minLength: 1, maxLength: 255 },
      within_minutes: { type: 'integer', minimum: 1, maximum: 43_200 },
    },
  },
} as const;

/** What is wrong with `monitor.expected_activity`; undefined when it is well. */
export function checkExpectedActivity(value: unknown): string | undefined {
  const validate = new Ajv({ meta: false, validateSchema: false }).compile(schema);
  if (validate(value)) return undefined;
  const { instancePath = '', message = 'it is wrong' } = validate.errors?.[0] ?? {};
  const where = instancePath.replaceAll('/', ' ').trim();
  return `${where && `(${where}) `}must be like \`{ service: telegram, within_minutes: 30 }\`: ${message}`;
}
