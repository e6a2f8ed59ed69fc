import { BlockList, isIP } from 'node:net';

/**
 * Where no server of the public network can be: this host, private and shared networks, link-local, multicast,
 * reserved and documentation ranges, and IPv6 forms that stand for IPv4 addresses.
 * https://www.iana.org/assignments/iana-ipv4-special-registry and iana-ipv6-special-registry
 */
const specialNetworks: readonly string[] = [
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
  ...['::/96', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
  ...['5f00::/16', 'fc00::/7', 'fe80::/10', 'fec0::/10', 'ff00::/8'],
];

export type MayConnect = (address: string) => boolean;

/** Says of an IP address whether it may be connected to: a public one, or one in `exceptions` (networks). */
export function addressRules(exceptions: readonly string[]): MayConnect {
  const special = makeList(specialNetworks);
  const excepted = makeList(exceptions);
  return (address) => {
    const plain = address.replace(/%.*$/, '');
    const family = isIP(plain);
    if (family === 0) return false;
    // An IPv4 address in IPv6's clothes (`::ffff:10.0.0.1`) is compared with the IPv4 networks too.
    const type = family === 6 ? 'ipv6' : 'ipv4';
    return excepted.check(plain, type) || !special.check(plain, type);
  };
}

function makeList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
