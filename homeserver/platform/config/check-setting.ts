import { isIP } from 'node:net';

/** https://spec.matrix.org/v1.19/appendices/#server-name */
const serverNamePattern = /^(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?$/;

export function checkServerName(value: string): string | undefined {
  if (serverNamePattern.test(value)) return undefined;
  const bare = value.replace(/^[a-z]+:\/\//i, '').replace(/\/.*$/, '');
  const meant = bare !== value && serverNamePattern.test(bare) ? `: did you mean \`${bare}\`?` : '';
  return `must be a host name with an optional port, such as \`example.org\`${meant}`;
}

export function checkAddress(value: string): string | undefined {
  return isIP(value) !== 0 || value === 'localhost' ? undefined : 'must be an IP address, such as `127.0.0.1` or `::`';
}

/** An address with how many of its first bits count. */
export function checkNetwork(value: string): string | undefined {
  const [address = '', bits = '', ...rest] = value.split('/');
  const longest = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1;
  const sound = rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= longest;
  return sound ? undefined : 'must be a network, such as `10.0.0.0/8` or `fd00::/8`';
}

/** A server name, or all below one. */
export function checkServerPattern(value: string): string | undefined {
  return serverNamePattern.test(value.replace(/^\*\./, ''))
    ? undefined
    : 'must be a server name, such as `example.org`, or `*.example.org` for all below it';
}

export function checkPublicUrl(value: string): string | undefined {
  const url = URL.parse(value);
  if (!url || !/^https?:$/.test(url.protocol)) return 'must begin with `https://` (or `http://`)';
  if (url.username || url.password || url.search || url.hash) return 'must be an address without user, `?` and `#`';
  return undefined;
}

/** Several hosts are no valid URL for the platform's parser, so only one of them is put in. */
export function checkDatabaseUrl(value: string): string | undefined {
  const parts = /^(postgres(?:ql)?:\/\/(?:[^@/]*@)?)([^/?]*)(.*)$/.exec(value);
  if (!parts) return 'must begin with `postgres://`';
  const [, start = '', hosts = '', rest = ''] = parts;
  const whole = hosts.split(',').every((host) => URL.canParse(`${start}${host}${rest}`));
  const database = URL.parse(`${start}host${rest}`)?.pathname;
  if (!whole || database === undefined) return 'must be like `postgres://user:password@host:5432/name`';
  return database.length > 1 ? undefined : 'must name the database: `postgres://user:password@host:5432/name`';
}
