import { createHash, createHmac } from 'node:crypto';

export interface BucketKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A request as it is sent. */
export interface SignedParts {
  readonly method: string;
  /** With host, path and query as they go over the wire: encoded by `encodePart`. */
  readonly url: URL;
  /** Names in lower case; `host` is added. */
  readonly headers: Readonly<Record<string, string>>;
  /** SHA-256 of the body, hexadecimal. */
  readonly bodySha256: string;
}

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Gives the headers of a request signed with AWS Signature Version 4: those given, and `host`, `x-amz-date`,
 * `x-amz-content-sha256` and `authorization`. All of them are signed.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
 */
export function signRequest(
  { method, url, headers, bodySha256 }: SignedParts,
  keys: BucketKeys,
  region: string,
  nowMs: number,
): Record<string, string> {
  const time = new Date(nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const signed: Record<string, string> = {
    ...headers,
    host: url.host,
    'x-amz-content-sha256': bodySha256,
    'x-amz-date': time,
  };
  const names = Object.keys(signed).sort();
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${signed[name]?.trim()}`),
    '',
    names.join(';'),
    bodySha256,
  ].join('\n');
  const scope = [time.slice(0, 8), region, 's3', 'aws4_request'];
  const text = [algorithm, time, scope.join('/'), sha256(canonical)].join('\n');
  const key = scope.reduce<string | Buffer>((secret, part) => hmac(secret, part), `AWS4${keys.secretAccessKey}`);
  const signature = hmac(key, text).toString('hex');
  const credential = `${keys.accessKeyId}/${scope.join('/')}`;
  return {
    ...signed,
    authorization: `${algorithm} Credential=${credential},SignedHeaders=${names.join(';')},Signature=${signature}`,
  };
}

/** By name, as they are in the URL; a name without a value has an empty one. */
function canonicalQuery({ search }: URL): string {
  const parts = search.slice(1).split('&').filter(Boolean);
  return parts
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
}

/** Percent-encodes all but what RFC 3986 leaves alone; `/` too unless `keepSlash`. */
export function encodePart(text: string, keepSlash = false): string {
  const encoded = encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return keepSlash ? encoded.replaceAll('%2F', '/') : encoded;
}

export function sha256(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
