/** The parts of a server name. `port` is undefined where the name has none; an IPv6 hostname keeps its brackets. */
export interface ServerName {
  readonly hostname: string;
  readonly port: number | undefined;
  readonly kind: 'dns' | 'ipv4' | 'ipv6';
}

const maximumHostnameLength = 255;
const maximumPort = 65_535;
const serverNamePattern = /^(?:\[(?<ipv6>[0-9A-Fa-f:.]{2,45})\]|(?<name>[0-9A-Za-z.-]+))(?::(?<port>[0-9]{1,5}))?$/;
const dottedQuad = /^[0-9]{1,3}(?:\.[0-9]{1,3}){3}$/;

/**
 * The hostname and port of a server name, or undefined where it breaks the grammar.
 * Case is kept: server names are compared case-sensitively.
 * https://spec.matrix.org/v1.19/appendices/#server-name
 */
export function parseServerName(text: string): ServerName | undefined {
  const groups = serverNamePattern.exec(text)?.groups;
  if (groups === undefined) return undefined;
  const port = groups['port'] === undefined ? undefined : Number(groups['port']);
  if (port !== undefined && port > maximumPort) return undefined;
  const address = groups['ipv6'];
  if (address !== undefined)
    return isIpv6Address(address) ? { hostname: `[${address}]`, port, kind: 'ipv6' } : undefined;
  const hostname = groups['name'] ?? '';
  if (hostname.length > maximumHostnameLength) return undefined;
  return { hostname, port, kind: isIpv4Address(hostname) ? 'ipv4' : 'dns' };
}

export function isServerName(text: string): boolean {
  return parseServerName(text) !== undefined;
}

function isIpv4Address(text: string): boolean {
  return dottedQuad.test(text) && text.split('.').every((octet) => Number(octet) <= 255);
}

/** RFC 3513 section 2.2: eight groups, one run of zero groups as `::`, the last two groups as an IPv4 address. */
function isIpv6Address(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2) return false;
  const groupCounts = halves.map((half, index) => countIpv6Groups(half, index === halves.length - 1));
  if (groupCounts.some((count) => count === undefined)) return false;
  const groups = groupCounts.reduce<number>((sum, count) => sum + (count ?? 0), 0);
  if (halves.length === 2) return groups <= 7;
  return groups === 8;
}

function countIpv6Groups(half: string, mayEndInIpv4: boolean): number | undefined {
  if (half === '') return 0;
  const groups = half.split(':');
  let count = 0;
  for (const [index, group] of groups.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(group)) count += 1;
    else if (mayEndInIpv4 && index === groups.length - 1 && isIpv4Address(group)) count += 2;
    else return undefined;
  }
  return count;
}
