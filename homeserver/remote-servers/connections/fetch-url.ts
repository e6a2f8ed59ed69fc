import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { Connections } from './connections.ts';

const mostRedirects = 8;

/**
 * Asks any HTTPS address outside, under the same rules as other servers: no private addresses, certificates checked.
 * Redirections are followed, to HTTPS only. The body is not read yet. `isProbe`: nobody knows
 * whether there is an answer. Throws errors that `describeConnectionError` can
 * tell.
 */
export async function fetchUrl(
  connections: Connections,
  url: string,
  deadline: Deadline,
  isProbe = false,
): Promise<IncomingMessage> {
  let address = new URL(url);
  const seen = new Set<string>();
  for (;;) {
    if (address.protocol !== 'https:') throw new Error('it leads to an address without https');
    if (seen.has(address.href) || seen.size > mostRedirects) throw new Error('it redirects without end');
    seen.add(address.href);
    const response = await requestUrl(connections, address, deadline, isProbe);
    const { location } = response.headers;
    const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
    if (!isRedirect || location === undefined) return response;
    response.destroy();
    const next = URL.parse(location, address);
    if (!next) throw new Error('it redirects to something that is no address');
    address = next;
  }
}

function requestUrl(
  connections: Connections,
  { hostname, host, port, pathname, search }: URL,
  deadline: Deadline,
  isProbe: boolean,
): Promise<IncomingMessage> {
  const name = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  const route = {
    targets: [{ host: name, port: port === '' ? 443 : Number(port) }],
    ...{ hostHeader: host, certificateName: isIP(name) ? name : hostname, foundBy: 'its address', isCertain: true },
  };
  const headers = { Accept: 'application/json, */*' };
  const request = { poolKey: `https ${host}`, route, method: 'GET', path: pathname + search, headers };
  return connections.send({ ...request, isRepeatable: true }, isProbe, deadline);
}
