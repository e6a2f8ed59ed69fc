/**
 * Our own admin API as an OpenAPI document, made from the endpoints' schemas and the texts above them, to be compared with
 * docs/admin-api.json.
 *
 *   node homeserver/testing/describe-admin-api.ts     writes the document
 */
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { adminRoutes } from '../http/admin-api/routes.ts';
import type { Endpoint } from '../http/endpoint.ts';
import type { JsonSchema } from '../http/json-schema.ts';
import { listEndpointTexts } from './list-endpoint-texts.ts';

export const adminApiDocument = fileURLToPath(new URL('../../docs/admin-api.json', import.meta.url));
const sources = fileURLToPath(new URL('../http/admin-api/', import.meta.url));
const ownPrefix = '/_holdfast/v1/admin/';

const errorReply = {
  description: 'Refused: `errcode` says why.',
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
};

/** The document's text. */
export async function describeAdminApi(): Promise<string> {
  const texts = await listEndpointTexts(sources);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const endpoint of adminRoutes.filter(({ path }) => path.startsWith(ownPrefix))) {
    const operations = (paths[endpoint.path] ??= {});
    operations[endpoint.method.toLowerCase()] = describeOperation(endpoint, texts.get(endpoint.operation));
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast admin API',
      version: '1',
      description:
        'For administrators of the server alone: an access token of an administrator goes into the Authorization header. What changes something is in the audit log.',
    },
    security: [{ accessToken: [] }],
    paths: Object.fromEntries(Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1))),
    components: {
      securitySchemes: { accessToken: { type: 'http', scheme: 'bearer' } },
      schemas: {
        Error: {
          type: 'object',
          properties: { errcode: { type: 'string' }, error: { type: 'string' } },
          required: ['errcode', 'error'],
        },
      },
    },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

function describeOperation(endpoint: Endpoint, text: string | undefined): object {
  const parameters = [...pathParameters(endpoint.path), ...queryParameters(endpoint.query)];
  return {
    operationId: endpoint.operation,
    ...(text !== undefined && { description: text }),
    ...(parameters.length > 0 && { parameters }),
    ...(endpoint.body && { requestBody: { content: { 'application/json': { schema: endpoint.body } } } }),
    responses: {
      '200': { description: 'Done.', content: { 'application/json': { schema: { type: 'object' } } } },
      '4XX': errorReply,
      '503': errorReply,
    },
  };
}

function pathParameters(path: string): object[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    ...{ name, in: 'path', required: true, schema: { type: 'string', maxLength: 1_024 } },
  }));
}

function queryParameters(query: JsonSchema | undefined): object[] {
  const required = (query?.['required'] ?? []) as readonly string[];
  return Object.entries((query?.['properties'] ?? {}) as Record<string, JsonSchema>).map(([name, schema]) => ({
    ...{ name, in: 'query', schema },
    ...(required.includes(name) && { required: true }),
  }));
}

if (import.meta.main) {
  await writeFile(adminApiDocument, await describeAdminApi());
  console.log(`${(await readFile(adminApiDocument, 'utf8')).length} characters written`);
}
