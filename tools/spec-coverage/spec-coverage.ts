/**
 * Says which operations of the specification the server has: `node tools/spec-coverage/spec-coverage.ts`.
 * Ends with 1 when a route stands in the table twice, or has a path that the specification does not know.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { type Coverage, compareCoverage, type Route } from './compare-coverage.ts';
import { readSpecOperations } from './spec-operation.ts';

const root = join(import.meta.dirname, '../..');

/** Where the server's routes stand, and the name under which each file exports them. */
const routeTables = [
  { file: 'homeserver/http/client-api/routes.ts', exported: 'clientRoutes' },
  { file: 'homeserver/http/federation-api/routes.ts', exported: 'federationRoutes' },
] as const;

/** APIs that other programs serve: the homeserver calls them. */
const servedByOthers: ReadonlySet<string> = new Set(['identity', 'push-gateway']);

/** What the homeserver calls of such an API, where all its calls go by a table. */
const callTables = [
  { file: 'homeserver/appservices/requests/appservice-operations.ts', exported: 'appserviceOperations' },
] as const;

/** The report for people: a line for each API, then what is missing, then what the specification does not know. */
export function printCoverage(coverage: Coverage): string {
  const lines: string[] = [];
  for (const { api, total, built } of coverage.apis) {
    const note = servedByOthers.has(api) ? '  (served by others)' : '';
    lines.push(`${api.padEnd(20)} ${String(built.length).padStart(3)} of ${String(total).padStart(3)}${note}`);
  }
  for (const { api, missing } of coverage.apis) {
    if (servedByOthers.has(api) || missing.length === 0) continue;
    lines.push('', `missing in ${api}:`);
    for (const { method, path, operationId, deprecated } of missing) {
      lines.push(`  ${method.padEnd(6)} ${path}  ${operationId}${deprecated ? '  (deprecated)' : ''}`);
    }
  }
  lines.push(...printRoutes('beyond the specification:', coverage.extensions));
  lines.push(...printRoutes('NOT IN THE SPECIFICATION:', coverage.unknown));
  lines.push(...printRoutes('TWICE IN THE TABLE:', coverage.repeated));
  return lines.join('\n');
}

function printRoutes(title: string, routes: readonly Route[]): string[] {
  if (routes.length === 0) return [];
  return ['', title, ...routes.map(({ method, path, operation }) => `  ${method.padEnd(6)} ${path}  ${operation}`)];
}

/** The routes of all tables that exist. Throws when a file exists and does not export its table. */
async function readRoutes(): Promise<Route[]> {
  const routes: Route[] = [];
  for (const { file, exported } of routeTables) {
    const path = join(root, file);
    if (!existsSync(path)) continue;
    const table = (await import(pathToFileURL(path).href))[exported] as readonly Route[] | undefined;
    if (!Array.isArray(table)) throw new Error(`${file} does not export ${exported}`);
    routes.push(...table);
  }
  return routes;
}

async function readCalls(): Promise<Route[]> {
  const calls: Route[] = [];
  for (const { file, exported } of callTables) {
    const table = (await import(pathToFileURL(join(root, file)).href))[exported] as Record<
      string,
      Omit<Route, 'operation'>
    >;
    calls.push(...Object.entries(table).map(([operation, place]) => ({ operation, ...place })));
  }
  return calls;
}

if (import.meta.main) {
  const coverage = compareCoverage(readSpecOperations(), [...(await readRoutes()), ...(await readCalls())]);
  console.log(printCoverage(coverage));
  // The tables' modules may open things when they are loaded; nothing here waits for them.
  process.exit(coverage.unknown.length + coverage.repeated.length > 0 ? 1 : 0);
}
