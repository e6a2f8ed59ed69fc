const flagUp = 1;

/** Destinations of the kernel's routes, as `10.2.0.0/16` and `default`, from /proc/net/route and /proc/net/ipv6_route. */
export function parseRoutes(four: string, six: string): string[] {
  const routes = new Set<string>();
  for (const line of four.split('\n').slice(1)) {
    const [, destination = '', , flags = '', , , , mask = ''] = line.trim().split(/\s+/);
    if (!/^[0-9A-F]{8}$/i.test(destination) || (Number.parseInt(flags, 16) & flagUp) === 0) continue;
    const bits = [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length;
    routes.add(bits === 0 ? 'default' : `${formatAddress(destination)}/${bits}`);
  }
  for (const line of six.split('\n')) {
    const [destination = '', length = '', , , , , , , flags = '', device = ''] = line.trim().split(/\s+/);
    if (!/^[0-9a-f]{32}$/i.test(destination) || (Number.parseInt(flags, 16) & flagUp) === 0) continue;
    const bits = Number.parseInt(length, 16);
    // Where there is no IPv6, the kernel has a default route to nowhere.
    if (bits === 0 && device !== 'lo') routes.add('default');
    else if (bits > 0) routes.add(`${(destination.match(/.{4}/g) ?? []).join(':')}/${bits}`);
  }
  return [...routes];
}

/** The kernel writes addresses of IPv4 as numbers of the machine's own byte order, which is little-endian. */
function formatAddress(hex: string): string {
  return (hex.match(/../g) ?? [])
    .toReversed()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

interface TalkedInterface {
  readonly addr_info?: readonly { local?: string; valid_life_time?: number; dynamic?: boolean }[];
}

/** 2^32 - 1: for ever. */
const forEver = 4_294_967_295;
export interface AddressLife {
  readonly address: string;
  readonly remainingMs: number;
}

/** Addresses that are lent, of `ip -json address show`, and how long each is still good. */
export function parseAddressLives(json: string): AddressLife[] {
  let interfaces: readonly TalkedInterface[];
  try {
    interfaces = JSON.parse(json) as TalkedInterface[];
  } catch {
    return [];
  }
  return interfaces.flatMap(({ addr_info = [] }) =>
    addr_info.flatMap(({ local, valid_life_time: life, dynamic }) => {
      if (!dynamic || local === undefined || life === undefined || life >= forEver) return [];
      return [{ address: local, remainingMs: life * 1000 }];
    }),
  );
}
