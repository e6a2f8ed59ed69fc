import { isIP } from 'node:net';
import { checkPublicUrl } from './check-setting.ts';

/** Everything goes over TLS, but for a service on this machine. */
export function checkBucketEndpoint(value: string): string | undefined {
  const problem = checkPublicUrl(value);
  if (problem) return problem;
  const { protocol, hostname, pathname } = new URL(value);
  if (pathname !== '/' || value.endsWith('/'))
    return 'must be an address without a path, such as `https://s3.example.org`';
  const isLocal =
    hostname === 'localhost' || hostname === '[::1]' || (isIP(hostname) === 4 && hostname.startsWith('127.'));
  return protocol === 'https:' || isLocal ? undefined : 'must begin with `https://`, except on this machine';
}

export function checkPlainName(value: string): string | undefined {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(value) ? undefined : 'must be letters, digits, `.`, `_` and `-`';
}

export function checkPrefix(value: string): string | undefined {
  const parts = value.split('/');
  const isSound = value.length <= 500 && parts.every((part) => /^[A-Za-z0-9._-]+$/.test(part) && !/^\.+$/.test(part));
  return isSound
    ? undefined
    : 'must be names of letters, digits, `.`, `_` and `-` with `/` between them, none at the ends';
}

/** What a bucket lacks besides its endpoint; values by file key. */
export function checkBucketTogether(values: ReadonlyMap<string, unknown>): string | undefined {
  const read = (name: string) => values.get(`backup.bucket.${name}`);
  if (read('endpoint') === undefined) return undefined;
  if (read('name') === undefined) return 'backup.bucket.name must be set where backup.bucket.endpoint is';
  const hasBoth = read('access_key_id') !== undefined && read('secret_access_key') !== undefined;
  return hasBoth || read('key_file') !== undefined
    ? undefined
    : 'backup.bucket needs access_key_id and secret_access_key, or key_file';
}
