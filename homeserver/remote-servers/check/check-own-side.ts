import type { Deadline } from '@holdfast/effects/deadline.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { connectionsOf, type OutsideContext } from '../connections/connections-of.ts';
import { describeConnectionError } from '../connections/describe-connection-error.ts';
import { readResponse } from '../connections/read-response.ts';
import { routeCaches } from '../discovery/route-cache.ts';
import { parseServerKeys } from '../keys/parse-server-keys.ts';
import { checkRoute } from './check-route.ts';
import { found, hasProblem, type ServerFinding, wrong } from './server-finding.ts';

/** What has to be found under this server's own name. */
export interface OwnSide {
  readonly serverName: string;
  /** Of the keys that it signs with; empty: not known, and any sound ones of this name will do. */
  readonly keyIds: readonly string[];
}

const keysBytes = 64 * 1024;
const keysPath = '/_matrix/key/v2/server';

/**
 * The way that other servers take to this one, as far as this machine can see it: name, well-known file, DNS, connections,
 * certificates, and whether what answers there has this server's keys.
 */
export async function checkOwnSide(
  context: OutsideContext,
  own: OwnSide,
  deadline: Deadline,
): Promise<ServerFinding[]> {
  const route = await checkRoute(context, own.serverName, true, deadline);
  return hasProblem(route) ? route : [...route, await checkPublishedKeys(context, own, deadline)];
}

async function checkPublishedKeys(
  context: OutsideContext,
  { serverName, keyIds }: OwnSide,
  deadline: Deadline,
): Promise<ServerFinding> {
  try {
    const bytes = await fetchKeys(context, serverName, deadline);
    const { published, problem } = parseServerKeys(
      parseJsonObject(bytes).value ?? {},
      serverName,
      context.clock.wallMs(),
    );
    const missing = keyIds.filter((keyId) => !published?.keys.has(keyId));
    if (published && missing.length === 0) {
      const known = [...published.keys.keys()].join(', ');
      if (keyIds.length > 0) return found(`this server publishes its key ${keyIds.join(', ')} there`);
      return found(`keys of ${serverName} are published there: ${known}`);
    }
    return wrong(
      `what answers there as ${serverName} does not have this server's key: ${problem ?? 'it has others'}`,
      'another homeserver answers under this name, or a proxy sends /_matrix/key elsewhere',
    );
  } catch (error) {
    const text = `${serverName}, asked for ${keysPath}: ${describeConnectionError(error)}`;
    return wrong(text, 'see what answers there: a proxy may send /_matrix/key elsewhere');
  }
}

async function fetchKeys(context: OutsideContext, serverName: string, deadline: Deadline): Promise<Uint8Array> {
  const route = await routeCaches.of(context).find(serverName, deadline);
  const request = {
    poolKey: serverName,
    route,
    method: 'GET',
    path: keysPath,
    headers: { Accept: 'application/json' },
  };
  const response = await connectionsOf.of(context).send({ ...request, isRepeatable: true }, true, deadline);
  const bytes = await readResponse(response, keysBytes, deadline);
  if (response.statusCode !== 200) throw new Error(`it answered with ${response.statusCode}`);
  return bytes;
}
