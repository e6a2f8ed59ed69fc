import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { systemClock } from '@holdfast/effects/clock.ts';
import type { Config } from '../../platform/config/config.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const dayMs = 86_400_000;
const warningDays = 14;

/** The certificate of the listener for other servers. */
export async function checkCertificates({ tls }: Config): Promise<Finding[]> {
  if (tls.port === undefined || tls.certificate === undefined) return [];
  const renew = 'renew it with the program that made it (such as `certbot renew`), which should do so by itself';
  try {
    const { validToDate } = new X509Certificate(await readFile(tls.certificate));
    return [judgeEnd(tls.certificate, validToDate.getTime() - systemClock.wallMs(), renew)];
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
