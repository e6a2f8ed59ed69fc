import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export interface Authority {
  /** Path of the authority's own certificate, which servers are told to trust. */
  readonly certificate: string;
  /** Issues a certificate for host names and addresses; paths of PEM files. */
  issue(name: string, alternatives: readonly string[]): Promise<{ readonly certificate: string; readonly key: string }>;
}

const validDays = '30';

/** An authority that exists for one run, made with the system's `openssl`. */
export async function makeAuthority(folder: string): Promise<Authority> {
  await mkdir(folder, { recursive: true });
  const authority = { certificate: join(folder, 'authority.crt'), key: join(folder, 'authority.key') };
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', validDays],
    ...['-subj', '/CN=authority of this run', '-keyout', authority.key, '-out', authority.certificate],
  ]);
  return {
    certificate: authority.certificate,
    async issue(name, alternatives) {
      const [request, extensions] = [join(folder, `${name}.csr`), join(folder, `${name}.ext`)];
      const issued = { certificate: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
      await writeFile(extensions, `subjectAltName=${alternatives.join(',')}\n`);
      await run('openssl', [
        ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
        ...['-keyout', issued.key, '-out', request],
      ]);
      await run('openssl', [
        ...['x509', '-req', '-in', request, '-CA', authority.certificate, '-CAkey', authority.key],
        ...['-CAcreateserial', '-days', validDays, '-extfile', extensions, '-out', issued.certificate],
      ]);
      return issued;
    },
  };
}
