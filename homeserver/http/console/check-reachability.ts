import { isIP } from 'node:net';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { describeFetchError, type FetchJson } from '../../platform/fetch-json.ts';

export interface ReachabilityCheck {
  readonly check: 'name-in-dns' | 'well-known' | 'client-api';
  readonly passed: boolean;
  /** One sentence for people. */
  readonly detail: string;
}

export interface Reachability {
  /** Where clients that know only the server's name end up. */
  readonly baseUrl: string;
  readonly checks: readonly ReachabilityCheck[];
}

export interface ReachabilityQuestion {
  readonly serverName: string;
  readonly publicUrl: string | undefined;
  readonly deadline: Deadline;
  /** The addresses of a name; throws when there are none. */
  resolveName(name: string): Promise<readonly string[]>;
  readonly fetchJson: FetchJson;
}

/**
 * Goes the way of a client that knows only the server's name, as far as this machine can: the name in the DNS, the file
 * there that says where the server is, and whether that is this server.
 * https://spec.matrix.org/v1.19/client-server-api/#well-known-uris
 */
export async function checkReachability(question: ReachabilityQuestion): Promise<Reachability> {
  const host = question.serverName.replace(/:\d+$/, '');
  const [dns, wellKnown] = await Promise.all([checkDns(question, host), checkWellKnown(question, host)]);
  const baseUrl = wellKnown.baseUrl ?? question.publicUrl ?? `https://${host}`;
  return { baseUrl, checks: [dns, wellKnown.check, await checkClientApi(question, baseUrl)] };
}

async function checkDns({ resolveName }: ReachabilityQuestion, host: string): Promise<ReachabilityCheck> {
  const check = 'name-in-dns';
  if (isIP(host.replace(/^\[|\]$/g, ''))) return { check, passed: true, detail: `${host} is an address itself.` };
  try {
    const addresses = await resolveName(host);
    return { check, passed: true, detail: `${host} is ${addresses.join(', ')}.` };
  } catch {
    return { check, passed: false, detail: `${host} has no address in the DNS, as far as this machine sees.` };
  }
}

async function checkWellKnown(
  { fetchJson, deadline }: ReachabilityQuestion,
  host: string,
): Promise<{ check: ReachabilityCheck; baseUrl?: string }> {
  const check = 'well-known';
  const url = `https://${host}/.well-known/matrix/client`;
  const fail = (detail: string) => ({ check: { check, passed: false, detail } as const });
  try {
    const { status, body } = await fetchJson(url, deadline);
    const baseUrl = (body as { 'm.homeserver'?: { base_url?: unknown } } | undefined)?.['m.homeserver']?.base_url;
    if (status !== 200) return fail(`${url} answers with the status ${status}.`);
    if (typeof baseUrl !== 'string' || !/^https?:\/\//.test(baseUrl) || !URL.canParse(baseUrl)) {
      return fail(`${url} does not say where the homeserver is.`);
    }
    const detail = `${url} leads to ${baseUrl}.`;
    return { check: { check, passed: true, detail }, baseUrl: baseUrl.replace(/\/+$/, '') };
  } catch (error) {
    return fail(`${url} cannot be read: ${describeFetchError(error)}.`);
  }
}

async function checkClientApi(
  { serverName, fetchJson, deadline }: ReachabilityQuestion,
  baseUrl: string,
): Promise<ReachabilityCheck> {
  const check = 'client-api';
  try {
    const { body } = await fetchJson(`${baseUrl}/_holdfast/v1/server`, deadline);
    const found = (body as { server_name?: unknown } | undefined)?.server_name;
    if (found === serverName) return { check, passed: true, detail: `This server answers at ${baseUrl}.` };
    return { check, passed: false, detail: `Something else than this server answers at ${baseUrl}.` };
  } catch (error) {
    return { check, passed: false, detail: `${baseUrl} cannot be reached: ${describeFetchError(error)}.` };
  }
}
