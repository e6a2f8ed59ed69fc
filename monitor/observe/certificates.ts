import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import type { Deadline } from '@holdfast/effects/deadline.ts';
import type { CertificateObservation } from '../observations/certificates.ts';
import { describeFailure } from './processes.ts';
import type { Source } from './source.ts';

export interface CertificatesParts {
  /** PEM files. */
  readonly files: readonly string[];
  /** `host:port` where one is served. */
  readonly places: readonly string[];
  /** What the wall clock says, corrected. */
  nowMs(): number;
}

/** Certificates in files, and as others get them. */
export function certificatesSource({ files, places, nowMs }: CertificatesParts): Source<'certificates'> {
  return {
    ...{ name: 'certificates', everyMs: 60_000, timeoutMs: 10_000 },
    look: (deadline) =>
      Promise.all([
        ...files.map((path) => judge(path, async () => ({ end: readEnd(await readFile(path)) }), nowMs())),
        ...places.map((place) => judge(place, () => fetchServed(place, deadline), nowMs())),
      ]),
  };
}

interface Found {
  readonly end: number;
  readonly problem?: string | undefined;
}

async function judge(place: string, read: () => Promise<Found>, nowMs: number): Promise<CertificateObservation> {
  try {
    const { end, problem } = await read();
    return { place, remainingMs: end - nowMs, ...(problem !== undefined && { problem }) };
  } catch (error) {
    return { place, remainingMs: 0, problem: describeFailure(error) };
  }
}

function readEnd(pem: Buffer): number {
  return new X509Certificate(pem).validToDate.getTime();
}

/** What is wrong with it is told beside its end: a client would have refused it. */
function fetchServed(place: string, deadline: Deadline): Promise<Found> {
  const end = place.lastIndexOf(':');
  const host = place.slice(0, end);
  const socket = connect({ host, port: Number(place.slice(end + 1)), servername: host, rejectUnauthorized: false });
  const found = new Promise<Found>((resolve, reject) => {
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const certificate = socket.getPeerX509Certificate();
      if (!certificate) return reject(new Error('it shows no certificate'));
      const problem = socket.authorized ? undefined : String(socket.authorizationError);
      resolve({ end: certificate.validToDate.getTime(), problem: /EXPIRED/.test(problem ?? '') ? undefined : problem });
    });
  });
  return deadline.race(found).finally(() => socket.destroy());
}
