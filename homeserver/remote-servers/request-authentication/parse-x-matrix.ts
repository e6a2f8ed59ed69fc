import { isServerSigningKeyId } from '@holdfast/protocol/identifiers/key-id.ts';
import { isServerName } from '@holdfast/protocol/identifiers/server-name.ts';

export interface XMatrixParameters {
  readonly origin: string;
  /** Undefined from servers older than version 1.3 of the specification. */
  readonly destination: string | undefined;
  readonly keyId: string;
  /** Base64, not decoded yet. */
  readonly signature: string;
}

const longestHeader = 2_048;
/**
 * A parameter: a name, then a quoted text with escapes, or a bare one. Bare values should be tokens, but servers have
 * always sent colons, slashes, brackets and equals signs without quotes.
 */
const parameter = /\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]*))\s*(?:,|$)/sy;

/**
 * The parameters of an Authorization header of the scheme X-Matrix, or undefined for any other header and for one that
 * lacks a parameter or has one twice. `sig` and `signature` are the same.
 * https://spec.matrix.org/v1.19/server-server-api/#request-authentication
 */
export function parseXMatrix(header: string): XMatrixParameters | undefined {
  if (header.length > longestHeader) return undefined;
  const scheme = /^X-Matrix +/i.exec(header);
  if (!scheme) return undefined;
  const values = readParameters(header.slice(scheme[0].length));
  if (!values) return undefined;
  const { origin, destination, key: keyId, sig, signature = sig } = values;
  if (origin === undefined || keyId === undefined || signature === undefined) return undefined;
  if (!isServerName(origin) || !isServerSigningKeyId(keyId)) return undefined;
  return { origin, destination, keyId, signature };
}

function readParameters(text: string): Readonly<Record<string, string | undefined>> | undefined {
  const values: Record<string, string> = Object.create(null) as Record<string, string>;
  parameter.lastIndex = 0;
  while (parameter.lastIndex < text.length) {
    const found = parameter.exec(text);
    if (!found) return undefined;
    const [, written = '', quoted, bare = ''] = found;
    const name = written.toLowerCase();
    if (name in values) return undefined;
    values[name] = quoted === undefined ? bare : quoted.replace(/\\(.)/gs, '$1');
  }
  return values;
}
