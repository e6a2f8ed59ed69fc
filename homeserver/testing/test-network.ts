import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NameResolver, ServiceRecord } from '../remote-servers/discovery/name-resolver.ts';
import { makeCertificate, type TestCertificate } from './make-certificate.ts';
import { makeTestFolder } from './make-test-folder.ts';

/** A network of its own on loopback: a certificate authority, and names that exist only here. */
export interface TestNetwork {
  /** PEM file of the authority, for `federation.ca_file`. */
  readonly caFile: string;
  /** To be given to each homeserver. */
  readonly resolver: NameResolver;
  /** Addresses by host name; what is not here does not exist. */
  readonly hosts: Map<string, string[]>;
  /** SRV records by name, such as `_matrix-fed._tcp.one.test`. */
  readonly services: Map<string, ServiceRecord[]>;
  makeCertificate(names: readonly string[], validity?: { notBefore?: number; notAfter?: number }): TestCertificate;
  /** The same as files, for `tls.certificate` and `tls.key`. */
  writeCertificate(names: readonly string[]): Promise<{ certificate: string; key: string }>;
  /** Makes a server name lead to a port on 127.0.0.1. */
  addServer(serverName: string, port: number): void;
}

export async function makeTestNetwork(): Promise<TestNetwork> {
  const folder = await makeTestFolder();
  const authority = makeCertificate({ names: ['Test authority'], isAuthority: true });
  const caFile = join(folder, 'authority.pem');
  writeFileSync(caFile, authority.certificate);
  const hosts = new Map<string, string[]>([['localhost', ['127.0.0.1']]]);
  const services = new Map<string, ServiceRecord[]>();
  let count = 0;
  return {
    ...{ caFile, hosts, services },
    resolver: {
      addresses: async (host) => hosts.get(host) ?? [],
      services: async (name) => services.get(name) ?? [],
    },
    makeCertificate: (names, validity = {}) => makeCertificate({ names, authority, ...validity }),
    async writeCertificate(names) {
      const pair = makeCertificate({ names, authority });
      const [certificate, key] = [join(folder, `${++count}.pem`), join(folder, `${count}.key`)];
      writeFileSync(certificate, pair.certificate);
      writeFileSync(key, pair.key);
      return { certificate, key };
    },
    addServer(serverName, port) {
      hosts.set(serverName, ['127.0.0.1']);
      services.set(`_matrix-fed._tcp.${serverName}`, [{ host: serverName, port, priority: 0, weight: 0 }]);
    },
  };
}
