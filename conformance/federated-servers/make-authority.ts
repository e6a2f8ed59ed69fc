import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCertificate } from '@holdfast/homeserver/testing/make-certificate.ts';

export interface Authority {
  /** Path of the authority's own certificate, which servers are told to trust. */
  readonly certificate: string;
  /** Issues a certificate for `localhost`; paths of PEM files, which are named as told. */
  issue(name: string): Promise<{ readonly certificate: string; readonly key: string }>;
}

/** An authority that exists for one run. */
export async function makeAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  const authority = makeCertificate({ names: ['authority of this run'], isAuthority: true });
  const certificate = join(folder, 'authority.crt');
  await writeFile(certificate, authority.certificate);
  return {
    certificate,
    async issue(name) {
      const made = makeCertificate({ names: ['localhost', '127.0.0.1'], authority });
      const issued = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
      await Promise.all([writeFile(issued.certificate, made.certificate), writeFile(issued.key, made.key)]);
      return issued;
    },
  };
}
