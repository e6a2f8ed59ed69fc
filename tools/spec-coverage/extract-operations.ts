/**
 * Writes operations.tsv from the specification's OpenAPI files.
 *
 *   node tools/spec-coverage/extract-operations.ts <folder>
 *
 * The folder is `data/api` of a checkout of the specification. Run it when the specification has a new version.
 */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import process from 'node:process';
import { parse } from 'yaml';
import { operationsFile, printOperations, type SpecOperation } from './spec-operation.ts';

const methods = ['get', 'put', 'post', 'delete', 'head', 'options', 'patch'];

interface OpenApiFile {
  readonly servers?: readonly { readonly variables?: { readonly basePath?: { readonly default?: string } } }[];
  readonly paths?: Readonly<Record<string, Readonly<Record<string, OpenApiOperation>>>>;
}

interface OpenApiOperation {
  readonly operationId?: string;
  readonly deprecated?: boolean;
}

/** The operations in one OpenAPI file, given as YAML. Throws when an operation has no id or the file no base path. */
export function extractOperations(api: string, yaml: string): SpecOperation[] {
  const { paths = {}, servers } = parse(yaml) as OpenApiFile;
  const basePath = servers?.[0]?.variables?.basePath?.default;
  const operations: SpecOperation[] = [];
  for (const [path, item] of Object.entries(paths)) {
    for (const method of methods) {
      const operation = item[method];
      if (operation === undefined) continue;
      if (operation.operationId === undefined || basePath === undefined) {
        throw new Error(`${method} ${path} of ${api} has no operationId, or its file no base path`);
      }
      operations.push({
        api,
        method: method.toUpperCase(),
        path: basePath.replace(/\/$/, '') + path,
        operationId: operation.operationId,
        deprecated: operation.deprecated ?? false,
      });
    }
  }
  return operations;
}

if (import.meta.main) {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) {
    console.error('usage: node tools/spec-coverage/extract-operations.ts <folder of the specification: data/api>');
    process.exit(2);
  }
  // Definitions, examples and the like stand in folders below; operations only directly in the folder of their API.
  const files = globSync('*/*.yaml', { cwd: folder }).sort();
  const operations = files.flatMap((file) =>
    extractOperations(file.split(sep)[0] as string, readFileSync(join(folder, file), 'utf8')),
  );
  if (operations.length === 0) {
    console.error(`no operations in ${folder}`);
    process.exit(1);
  }
  writeFileSync(operationsFile, printOperations(operations));
  console.log(`${operations.length} operations from ${files.length} files`);
}
