import { startDeadline } from '@holdfast/effects/deadline.ts';
import { parseServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import type { Config } from '../../platform/config/config.ts';
import { type FetchJson, fetchJson } from '../../platform/fetch-json.ts';
import { createSystemResolver, type NameResolver } from '../../remote-servers/discovery/name-resolver.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { hostOfServerName, listNames, type NeededName } from './list-names.ts';

const limitMs = 6_000;
const mendDns = 'see whether the DNS of this machine answers (/etc/resolv.conf), and what it says: `getent hosts NAME`';

/** Names that have to be found: the server's own, as other servers look for it, and those that the configuration names. */
export async function checkNames(
  config: Config,
  resolver: NameResolver = createSystemResolver(),
  fetch: FetchJson = fetchJson,
): Promise<Finding[]> {
  const names = listNames(config);
  const host = hostOfServerName(config.serverName);
  const [own, others] = await Promise.all([
    host === undefined ? [] : checkOwnName(host, config, { resolver, fetch }),
    Promise.all(names.map((name) => checkName(name, resolver))),
  ]);
  const missing = others.filter((finding) => finding !== undefined);
  const all =
    names.length > 0 && missing.length === 0 ? [ok(`${names.length} names of the configuration are found`)] : [];
  return [...own, ...missing, ...all];
}

async function checkName({ host, purpose, isVital }: NeededName, resolver: NameResolver): Promise<Finding | undefined> {
  const why = await findAddresses(host, resolver);
  if (why === undefined) return undefined;
  const what = `the name ${host}, for ${purpose}, is not found: ${why}`;
  return isVital ? problem(what, mendDns) : warning(what, mendDns);
}

/** Why a host has no address; undefined: it has. */
async function findAddresses(host: string, resolver: NameResolver): Promise<string | undefined> {
  const deadline = startDeadline(limitMs, `asking the DNS for ${host}`);
  try {
    const found = await deadline.race(resolver.addresses(host, deadline));
    return found.length > 0 ? undefined : 'it has no address in the DNS';
  } catch (error) {
    return (error as Error).message;
  } finally {
    deadline.finish();
  }
}

interface Means {
  readonly resolver: NameResolver;
  readonly fetch: FetchJson;
}

/**
 * In the order in which other servers look: the file at the name's web server, SRV records, the name itself.
 * https://spec.matrix.org/v1.19/server-server-api/#resolving-server-names
 */
async function checkOwnName(host: string, config: Config, means: Means): Promise<Finding[]> {
  const { resolver } = means;
  const delegate = await readDelegate(host, means);
  const [services, why] = await Promise.all([
    findServices(host, resolver),
    findAddresses(delegate?.host ?? host, resolver),
  ]);
  const client = await checkClientFile(host, config, means);
  if (delegate?.isBroken) {
    const what = `https://${host}/.well-known/matrix/server is not as it must be: other servers do not find this one`;
    return [problem(what, 'it must be JSON like {"m.server": "matrix.example.org:443"}'), ...client];
  }
  const through = delegate ? `, by its well-known file at ${delegate.host}` : services > 0 ? ', by SRV records' : '';
  if (why === undefined || (!delegate && services > 0)) return [ok(`other servers find ${host}${through}`), ...client];
  const what = `other servers do not find ${delegate?.host ?? host}: ${why}`;
  return [warning(what, `give it an address in the DNS; then: holdfast federation check ${host}`), ...client];
}

async function findServices(host: string, resolver: NameResolver): Promise<number> {
  const deadline = startDeadline(limitMs, `asking the DNS for the services of ${host}`);
  try {
    return (await deadline.race(resolver.services(`_matrix-fed._tcp.${host}`, deadline))).length;
  } catch {
    return 0;
  } finally {
    deadline.finish();
  }
}

/** Where the file leads; undefined where there is none, or nobody answers there. */
async function readDelegate(
  host: string,
  { fetch }: Means,
): Promise<{ readonly host: string; readonly isBroken: boolean } | undefined> {
  const answer = await readFile(`https://${host}/.well-known/matrix/server`, fetch);
  if (answer?.status !== 200) return undefined;
  const server = (answer.body as { 'm.server'?: unknown } | undefined)?.['m.server'];
  const name = typeof server === 'string' ? parseServerName(server) : undefined;
  return name ? { host: name.hostname, isBroken: false } : { host, isBroken: true };
}

/** Clients that know no more than a user id look there. */
async function checkClientFile(host: string, { http }: Config, { fetch }: Means): Promise<Finding[]> {
  const url = `https://${host}/.well-known/matrix/client`;
  const answer = await readFile(url, fetch);
  const base = (answer?.body as { 'm.homeserver'?: { base_url?: unknown } } | undefined)?.['m.homeserver']?.base_url;
  if (answer?.status === 200 && typeof base === 'string') return [ok(`clients find this server at ${base}`)];
  if (http.publicUrl === undefined || hostOf(http.publicUrl) === host) return [];
  const what = `${url} does not lead clients to ${http.publicUrl}`;
  return [warning(what, `let the web server of ${host} answer {"m.homeserver": {"base_url": "${http.publicUrl}"}}`)];
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

async function readFile(url: string, fetch: FetchJson) {
  const deadline = startDeadline(limitMs, `asking ${url}`);
  try {
    return await deadline.race(fetch(url, deadline));
  } catch {
    return undefined;
  } finally {
    deadline.finish();
  }
}
