import { readFile, stat } from 'node:fs/promises';
import type { Server, ServerOptions } from 'node:https';
import { createSecureContext } from 'node:tls';
import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../platform/context.ts';

/** The certificate or its key cannot be used; the message is for people. */
export class CertificateError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'CertificateError';
  }
}

export interface OpenedCertificate {
  readonly options: ServerOptions;
  /** Gives a listener the new certificate whenever the files have changed, until `close`. */
  keepCurrent(server: Server): void;
  close(): void;
}

interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

const lookEveryMs = 10_000;
const protocolOptions = { minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'] } as const;

/** Reads `tls.certificate` and `tls.key`. Throws CertificateError. */
export async function openCertificate(context: Context): Promise<OpenedCertificate> {
  const { certificate, key } = context.config.tls;
  if (certificate === undefined || key === undefined) {
    throw new CertificateError('tls.port is set: tls.certificate and tls.key must name the certificate and its key');
  }
  const files = { certificate, key };
  const version = await readVersionOf(files);
  const options = await readPair(files);
  return { options: { ...protocolOptions, ...options }, ...watchFiles(context, files, version) };
}

async function readPair({ certificate, key }: CertificateFiles): Promise<{ cert: Buffer; key: Buffer }> {
  const read = (path: string) =>
    readFile(path).catch((error: NodeJS.ErrnoException) => {
      throw new CertificateError(`${path} cannot be read: ${error.code ?? error.message}`);
    });
  const pair = { cert: await read(certificate), key: await read(key) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new CertificateError(`${certificate} and ${key} do not go together: ${(error as Error).message}`);
  }
  return pair;
}

/** What changes when a file is written or replaced, links to it included. Empty while one of them is not there. */
async function readVersionOf({ certificate, key }: CertificateFiles): Promise<string> {
  const stats = await Promise.all([certificate, key].map((path) => stat(path).catch(() => undefined)));
  return stats.map((each) => (each ? `${each.mtimeMs} ${each.size} ${each.ino}` : '')).join('; ');
}

/** Files are looked at every ten seconds: notices of the operating system do not reach through links and mounts. */
function watchFiles(context: Context, files: CertificateFiles, firstVersion: string) {
  const { clock, log } = context;
  let version = firstVersion;
  let timer: Timer | undefined;
  const look = async (server: Server) => {
    const found = await readVersionOf(files);
    if (found !== version) {
      // The two files are written one after the other: a pair that does not match is read again at the next look.
      const pair = await readPair(files);
      server.setSecureContext({ ...protocolOptions, ...pair });
      version = found;
      log.info({ certificate: files.certificate }, 'the certificate has changed and is used from now on');
    }
  };
  let isClosed = false;
  const schedule = (server: Server) => {
    timer = clock.startTimer(lookEveryMs, () => {
      look(server)
        .catch((error: unknown) => log.error({ err: error }, 'the new certificate cannot be used; the old one is'))
        .finally(() => !isClosed && schedule(server));
    });
  };
  return {
    keepCurrent: schedule,
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
