import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** An operation of the specification. */
export interface SpecOperation {
  /** Folder of the specification's api/: client-server, server-server, application-service, identity, push-gateway. */
  readonly api: string;
  /** In capitals. */
  readonly method: string;
  /** With its base path, as in `/_matrix/client/v3/rooms/{roomId}/send/{eventType}/{txnId}`. */
  readonly path: string;
  readonly operationId: string;
  readonly deprecated: boolean;
}

/**
 * The file that `extract-operations.ts` writes: a line for each operation, its members separated by tabs, the last one
 * `current` or `deprecated`. It is committed, so that nothing else needs the specification.
 */
export const operationsFile = join(import.meta.dirname, 'operations.tsv');

const header = 'api\tmethod\tpath\toperation id\tstatus';

/** The APIs that a homeserver serves come first. */
const apis = ['client-server', 'server-server', 'application-service', 'identity', 'push-gateway'];

/** Every operation of the specification, in the order of API, path and method. */
export function readSpecOperations(): SpecOperation[] {
  return parseOperations(readFileSync(operationsFile, 'utf8'));
}

/** Throws at a line that is no operation. */
export function parseOperations(text: string): SpecOperation[] {
  const [first, ...lines] = text.trimEnd().split('\n');
  if (first !== header) throw new Error(`operations must begin with the line: ${header}`);
  return lines.map((line) => {
    const [api, method, path, operationId, status] = line.split('\t');
    if (!api || !method || !path?.startsWith('/') || !operationId || !status) {
      throw new Error(`not an operation: ${line}`);
    }
    return { api, method, path, operationId, deprecated: status === 'deprecated' };
  });
}

/** Sorted, so that a new version of the specification is a small difference. */
export function printOperations(operations: readonly SpecOperation[]): string {
  const sortKey = ({ api, path, method }: SpecOperation) => `${apis.indexOf(api)} ${api} ${path} ${method}`;
  const sorted = operations.toSorted((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
  const lines = sorted.map(({ api, method, path, operationId, deprecated }) =>
    [api, method, path, operationId, deprecated ? 'deprecated' : 'current'].join('\t'),
  );
  return `${[header, ...lines].join('\n')}\n`;
}
