import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '@holdfast/effects/clock.ts';
import type { Config } from '../../platform/config/config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';
import { hostOfServerName } from './list-names.ts';

const dayMs = 86_400_000;
const warningDays = 14;

/** The certificate of the listener for other servers: its end, its names, its key. */
export async function checkCertificates({ tls, serverName }: Config): Promise<Finding[]> {
  if (tls.port === undefined || tls.certificate === undefined) return [];
  const renew = 'renew it with the program that made it (such as `certbot renew`), which should do so by itself';
  try {
    const certificate = new X509Certificate(await readFile(tls.certificate));
    return [
      judgeEnd(tls.certificate, certificate.validToDate.getTime() - systemClock.wallMs(), renew),
      ...judgeNames(tls.certificate, certificate, hostOfServerName(serverName)),
      ...(tls.key === undefined ? [] : await checkKey(certificate, tls.key)),
    ];
  } catch (error) {
    return [problem(`${tls.certificate}: ${(error as Error).message}`, 'name the PEM file in tls.certificate')];
  }
}

export function judgeEnd(path: string, remainingMs: number, renew: string): Finding {
  const days = Math.floor(remainingMs / dayMs);
  if (remainingMs <= 0) return problem(`the certificate ${path} has ended`, renew);
  if (days < warningDays) return warning(`the certificate ${path} ends in ${days} days`, renew);
  return ok(`the certificate ${path} is good for ${days} days`);
}

/** Other servers expect the server's own name, unless a well-known file leads them to another one. */
function judgeNames(path: string, certificate: X509Certificate, host: string | undefined): Finding[] {
  if (host === undefined || certificate.checkHost(host) !== undefined) return [];
  const what = `the certificate ${path} is not for ${host}: other servers take it only with a well-known file that names another host`;
  return [warning(what, `have ${host} in it, or see \`holdfast federation check ${host}\``)];
}

async function checkKey(certificate: X509Certificate, path: string): Promise<Finding[]> {
  const mend = 'name the key in tls.key that the certificate was made with';
  try {
    const isOfCertificate = certificate.checkPrivateKey(createPrivateKey(await readFile(path)));
    return isOfCertificate ? [] : [problem(`${path} is not the key of the certificate`, mend)];
  } catch (error) {
    return [problem(`${path}: ${(error as Error).message}`, mend)];
  }
}
