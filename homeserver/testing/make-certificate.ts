import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate and its private key, as PEM. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

export interface CertificateRequest {
  /** DNS names and IP addresses that it is for; the first is its subject. */
  readonly names: readonly string[];
  /** The authority that signs it; without one it signs itself. */
  readonly authority?: TestCertificate;
  /** Whether it may sign others. */
  readonly isAuthority?: boolean;
  /** Both in milliseconds since the epoch. A year around now when left out. */
  readonly notBefore?: number;
  readonly notAfter?: number;
}

const dayMs = 24 * 3_600_000;

// What X.509 is written in (DER): a tag, a length, the content. https://www.rfc-editor.org/rfc/rfc5280
function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const length = Buffer.from(content.length.toString(16).padStart(4, '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const octets = (content: Uint8Array) => der(0x04, content);
const objectId = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const yes = der(0x01, Buffer.from([0xff]));

const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const commonName = objectId('550403');
const basicConstraints = objectId('551d13');
const keyUsage = objectId('551d0f');
const alternativeNames = objectId('551d11');
const subjectKeyId = objectId('551d0e');
const authorityKeyId = objectId('551d23');

/** Makes an X.509 certificate with a new P-256 key: no program and no package is needed for tests with real TLS. */
export function makeCertificate(request: CertificateRequest): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const issuerKey = request.authority ? createPrivateKey(request.authority.key) : privateKey;
  const issuer = request.authority ? subjectOf(request.authority.certificate) : nameOf(request.names[0] ?? '');
  const now = Date.now();
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    issuer,
    sequence(timeOf(request.notBefore ?? now - dayMs), timeOf(request.notAfter ?? now + 365 * dayMs)),
    nameOf(request.names[0] ?? ''),
    spki,
    der(0xa3, sequence(...extensionsOf(request, spki, issuerKey))),
  );
  const signature = sign('sha256', body, issuerKey);
  const certificate = sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }),
  };
}

function nameOf(text: string): Buffer {
  return sequence(der(0x31, sequence(commonName, der(0x0c, Buffer.from(text)))));
}

function subjectOf(certificate: string): Buffer {
  return nameOf(new X509Certificate(certificate).subject.replace(/^CN=/, ''));
}

function timeOf(timestampMs: number): Buffer {
  const digits = new Date(timestampMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  return der(0x18, Buffer.from(digits));
}

function extensionsOf(
  { names, isAuthority = false }: CertificateRequest,
  spki: Buffer,
  issuerKey: KeyObject,
): Buffer[] {
  const critical = (id: Buffer, value: Buffer) => sequence(id, yes, octets(value));
  const usage = isAuthority ? [1, 0x06] : [7, 0x80];
  const extensions = [
    critical(basicConstraints, isAuthority ? sequence(yes) : sequence()),
    critical(keyUsage, der(0x03, Buffer.from(usage))),
    sequence(subjectKeyId, octets(octets(keyIdOf(spki)))),
    sequence(authorityKeyId, octets(sequence(der(0x80, keyIdOf(publicPartOf(issuerKey)))))),
  ];
  if (isAuthority) return extensions;
  return [...extensions, sequence(alternativeNames, octets(sequence(...names.map(alternativeName))))];
}

function alternativeName(name: string): Buffer {
  return isIP(name) ? der(0x87, addressBytes(name)) : der(0x82, Buffer.from(name));
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0')));
  const middle = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0000');
  return Buffer.from([...groups(head), ...middle, ...groups(tail)].join(''), 'hex');
}

function keyIdOf(spki: Buffer): Buffer {
  return createHash('sha1').update(spki).digest();
}

function publicPartOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' });
}
