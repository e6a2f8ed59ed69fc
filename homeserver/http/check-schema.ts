import { MatrixError } from '@holdfast/protocol/errors/matrix-error.ts';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { JsonSchema } from './json-schema.ts';

const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: false, ownProperties: true });
const compiled = new WeakMap<JsonSchema, ValidateFunction>();

/** A check of values against a schema, compiled on first use: two hundred schemas at once would slow the start. */
export function compileSchema(schema: JsonSchema): ValidateFunction {
  let validate = compiled.get(schema);
  if (!validate) {
    validate = ajv.compile(schema);
    compiled.set(schema, validate);
  }
  return validate;
}

/** Throws M_BAD_JSON, with a text that names the member, unless the body is as the schema says. */
export function checkBody(schema: JsonSchema, body: unknown): void {
  const validate = compileSchema(schema);
  if (validate(body)) return;
  throw new MatrixError('M_BAD_JSON', describeProblem(validate.errors?.[0], 'the body'));
}

/** Throws M_MISSING_PARAM or M_INVALID_PARAM unless the query is as the schema says. */
export function checkQuery(schema: JsonSchema, query: unknown): void {
  const validate = compileSchema(schema);
  if (validate(query)) return;
  const problem = validate.errors?.[0];
  const errcode = problem?.keyword === 'required' ? 'M_MISSING_PARAM' : 'M_INVALID_PARAM';
  throw new MatrixError(errcode, describeProblem(problem, 'the query'));
}

/** Such as `device_keys.algorithms[2] must be string`. What a stranger wrote is named, but only so far. */
export function describeProblem(problem: ErrorObject | undefined, whole: string): string {
  if (!problem) return `${whole} is not valid`;
  const place = formatPlace(problem.instancePath) || whole;
  if (problem.keyword === 'required') {
    const missing = String(problem.params['missingProperty']);
    return place === whole ? `Missing ${missing} in ${whole}` : `Missing ${missing} in ${place}`;
  }
  const allowed = problem.keyword === 'enum' ? `: ${(problem.params['allowedValues'] as unknown[]).join(', ')}` : '';
  return `${place} ${problem.message ?? 'is not valid'}${allowed}`;
}

function formatPlace(instancePath: string): string {
  const parts = instancePath.split('/').slice(1);
  return parts
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 100))
    .map((part, index) => (/^\d+$/.test(part) ? `[${part}]` : index === 0 ? part : `.${part}`))
    .join('');
}
