import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls';

/** Reading a few hundred certificates takes tens of milliseconds, so it is done once for each file. */
const contexts = new Map<string, SecureContext>();

/**
 * What certificates of other servers are checked against: the authorities of the operating system (those that come
 * with Node.js where it has none) and those of a file. Throws when the file cannot be read or is no PEM.
 * https://spec.matrix.org/v1.19/server-server-api/#tls
 */
export function trustAuthorities(caFile: string | undefined): SecureContext {
  let context = contexts.get(caFile ?? '');
  if (!context) {
    const own = caFile === undefined ? '' : readFileSync(caFile, 'utf8');
    const system = getCACertificates('system');
    const known = system.length > 0 ? system : getCACertificates('default');
    context = createSecureContext({ ca: own === '' ? known : [...known, own], minVersion: 'TLSv1.2' });
    contexts.set(caFile ?? '', context);
  }
  return context;
}
