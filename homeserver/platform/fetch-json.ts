import type { Deadline } from '@holdfast/effects/deadline.ts';

export interface FetchedJson {
  readonly status: number;
  /** Undefined when it is no JSON. */
  readonly body: unknown;
}

export type FetchJson = (url: string, deadline: Deadline) => Promise<FetchedJson>;

const maxBodyBytes = 64 * 1024;
const maxRedirects = 5;

/**
 * Asks for a small JSON document. The deadline covers all of it, from connecting to the last byte; redirections are
 * followed. Throws what `describeFetchError` can tell people.
 */
export const fetchJson: FetchJson = async (url, deadline) => {
  let address = url;
  for (let redirects = 0; ; redirects++) {
    const { signal } = deadline;
    const response = await fetch(address, { signal, redirect: 'manual', headers: { Accept: 'application/json' } });
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location !== null) {
      await response.body?.cancel();
      if (redirects >= maxRedirects) throw new Error('it redirects too often');
      address = new URL(location, address).href;
      continue;
    }
    return { status: response.status, body: parseJson(await readBody(response)) };
  }
};

async function readBody(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBodyBytes) throw new Error('its answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name is not in the DNS',
  ENODATA: 'the name has no address in the DNS',
  ESERVFAIL: 'the DNS cannot say where it is',
  ETIMEOUT: 'the DNS does not answer',
  EAI_AGAIN: 'the DNS does not answer',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no way to that address',
  ENETUNREACH: 'there is no way to that address',
  ETIMEDOUT: 'it does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate comes without the ones between it and a known authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an unknown authority',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
};

/** Why a request failed, for people: a half sentence such as `nothing listens there`. */
export function describeFetchError(error: unknown): string {
  if (!(error instanceof Error)) return 'it failed';
  if (error.name === 'DeadlineExceededError' || error.name === 'TimeoutError') return 'it did not answer in time';
  // The platform's fetch wraps what went wrong; sockets throw it as it is.
  const cause = (error.cause ?? error) as { code?: string; message?: string };
  return reasons[cause.code ?? ''] ?? cause.message ?? error.message;
}
