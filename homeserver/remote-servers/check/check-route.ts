import { isIP } from 'node:net';
import type { PeerCertificate } from 'node:tls';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import { parseServerName } from '@holdfast/protocol/identifiers/server-name.ts';
import { parseJsonObject } from '@holdfast/protocol/json/parse-json.ts';
import { BoundedCache } from '../../platform/bounded-cache.ts';
import { connectionsOf, type OutsideContext } from '../connections/connections-of.ts';
import { describeConnectionError } from '../connections/describe-connection-error.ts';
import { fetchUrl } from '../connections/fetch-url.ts';
import { openConnection } from '../connections/open-connection.ts';
import { readResponse } from '../connections/read-response.ts';
import type { Route, Target } from '../discovery/find-route.ts';
import { routeCaches } from '../discovery/route-cache.ts';
import { doubtful, found, type ServerFinding, wrong } from './server-finding.ts';

const wellKnownBytes = 50 * 1024;
const dayMs = 86_400_000;
/** A certificate that is not renewed by then will hardly be. */
const nearlyExpiredDays = 10;

/** The way from the name of a server to a connection that its certificate vouches for. `isOwn`: it is this server. */
export async function checkRoute(
  context: OutsideContext,
  serverName: string,
  isOwn: boolean,
  deadline: Deadline,
): Promise<ServerFinding[]> {
  const name = parseServerName(serverName);
  if (!name) return [wrong(`${serverName} is no server name`, 'a name is like example.org or example.org:8448')];
  const hasWellKnown = name.kind === 'dns' && name.port === undefined;
  const findings = hasWellKnown ? [await checkWellKnown(context, name.hostname, deadline)] : [];
  let route: Route;
  try {
    route = await routeCaches.of(context).find(serverName, deadline);
  } catch (error) {
    return [...findings, wrong(`${serverName}: ${describeConnectionError(error)}`, mendOf(isOwn))];
  }
  const targets = route.targets.map(formatTarget).join(', ');
  findings.push(
    found(`${route.foundBy} leads to ${targets}, where a certificate of ${route.certificateName} is expected`),
  );
  if (!route.isCertain) {
    findings.push(
      doubtful('the DNS did not answer when it was asked for SRV records', 'see whether it answers at all'),
    );
  }
  for (const target of route.targets) {
    findings.push(await checkTarget(context, { ...route, targets: [target] }, isOwn, deadline));
  }
  return findings;
}

async function checkWellKnown(context: OutsideContext, host: string, deadline: Deadline): Promise<ServerFinding> {
  const url = `https://${host}/.well-known/matrix/server`;
  const without = 'a server without this file is looked for by SRV records and on port 8448';
  try {
    const response = await fetchUrl(connectionsOf.of(context), url, deadline);
    const bytes = await readResponse(response, wellKnownBytes, deadline);
    if (response.statusCode !== 200) return found(`${url} answers with ${response.statusCode}: ${without}`);
    const delegate = parseJsonObject(bytes).value?.['m.server'];
    if (typeof delegate === 'string' && parseServerName(delegate)) return found(`${url} says ${delegate}`);
    return wrong(`${url} is not as it must be`, 'it must be JSON like {"m.server": "matrix.example.org:443"}');
  } catch (error) {
    return found(`${url} cannot be read (${describeConnectionError(error)}): ${without}`);
  }
}

async function checkTarget(
  context: OutsideContext,
  route: Route,
  isOwn: boolean,
  deadline: Deadline,
): Promise<ServerFinding> {
  const place = route.targets.map(formatTarget).join();
  try {
    // A session that goes on shows no certificate.
    const rules = { ...connectionsOf.of(context).rules, sessions: new BoundedCache<string, Buffer>(1) };
    const socket = await openConnection(rules, route, deadline);
    const certificate = socket.getPeerCertificate();
    const address = socket.remoteAddress ?? '';
    socket.destroy();
    return judgeCertificate(context, `${place} (${address}) has a good certificate`, certificate);
  } catch (error) {
    return wrong(`${place}: ${describeConnectionError(error)}`, mendOf(isOwn));
  }
}

function judgeCertificate({ clock }: OutsideContext, what: string, certificate: PeerCertificate): ServerFinding {
  const untilMs = Date.parse(certificate.valid_to);
  if (Number.isNaN(untilMs)) return found(what);
  const days = Math.floor((untilMs - clock.wallMs()) / dayMs);
  const whole = `${what}, good for ${days} more days`;
  return days <= nearlyExpiredDays ? doubtful(whole, 'it should have been renewed by now') : found(whole);
}

function formatTarget({ host, port }: Target): string {
  return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}

function mendOf(isOwn: boolean): string {
  return isOwn
    ? 'docs/operating/federation.md says how other servers come here'
    : 'if other servers reach it, look at the firewall and the DNS of this machine; otherwise tell its operator';
}
