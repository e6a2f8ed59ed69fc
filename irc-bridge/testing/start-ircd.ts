import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestCertificate } from '@holdfast/homeserver/testing/make-certificate.ts';
import { type IrcdOptions, inspircdConfig, ngircdConfig } from './ircd-config.ts';

/** The IRC servers that tests run against, as Debian packages them. */
export const ircdNames = ['ngircd', 'inspircd'] as const;
export type IrcdName = (typeof ircdNames)[number];

export interface Ircd {
  readonly name: IrcdName;
  readonly port: number;
  /** 0 without TLS. */
  readonly tlsPort: number;
  /** Ends the server at once, as a crash does; `stop` besides removes its files. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const startMs = 15_000;

export interface StartOptions extends Omit<IrcdOptions, 'tls'> {
  readonly tls?: TestCertificate;
}

function findProgram(name: IrcdName): string {
  const found = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/opt/homebrew/sbin']
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
  if (found === undefined) throw new Error(`${name} is not installed: apt-get install ngircd inspircd`);
  return found;
}

export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}

async function waitUntilReachable(port: number, hasEnded: () => string | undefined): Promise<void> {
  const endMs = Date.now() + startMs;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const isThere = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    const ended = hasEnded();
    if (ended !== undefined || Date.now() > endMs) throw new Error(`the IRC server did not start: ${ended ?? 'late'}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Starts a real IRC server on a free port of the loopback interface. Throws when it is not installed. */
export async function startIrcd(name: IrcdName, options: StartOptions = {}): Promise<Ircd> {
  const program = findProgram(name);
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`));
  // Debian's servers change to another user, who reads them as well.
  await chmod(folder, 0o755);
  const port = await findFreePort();
  const tls = options.tls && (await writeCertificate(folder, options.tls));
  const file = join(folder, `${name}.conf`);
  const write = name === 'ngircd' ? ngircdConfig : inspircdConfig;
  await writeFile(file, write(port, folder, { ...options, tls }), { mode: 0o644 });
  const args =
    name === 'ngircd' ? ['-n', '-f', file] : ['--nofork', '--runasroot', '--nolog', '--config', file, '--nopid'];
  let child: ReturnType<typeof spawn> | undefined;
  const kill = async () => {
    const ending = child;
    child = undefined;
    if (!ending || ending.exitCode !== null || ending.signalCode !== null) return;
    ending.kill('SIGKILL');
    await once(ending, 'exit');
  };
  const start = async () => {
    let output = '';
    const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    child = started;
    const keep = (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(-2_000);
    };
    started.stdout.on('data', keep);
    started.stderr.on('data', keep);
    await waitUntilReachable(port, () => (started.exitCode === null ? undefined : output));
  };
  await start();
  const stop = async () => {
    await kill();
    await rm(folder, { recursive: true, force: true });
  };
  return { name, port, tlsPort: tls?.port ?? 0, kill, start, stop };
}

async function writeCertificate(folder: string, { certificate, key }: TestCertificate) {
  const paths = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
  await writeFile(paths.certificate, certificate, { mode: 0o644 });
  await writeFile(paths.key, key, { mode: 0o644 });
  return { ...paths, port: await findFreePort() };
}

/** Two servers of one network. */
export async function startIrcdPair(name: IrcdName): Promise<readonly [Ircd, Ircd]> {
  const names = ['irc.test.example', 'other.test.example'] as const;
  const ports = [await findFreePort(), await findFreePort()] as const;
  const start = (own: 0 | 1) => {
    const other = own === 0 ? 1 : 0;
    const peer = { name: names[other], port: ports[other], ownPort: ports[own], calls: own === 1 };
    return startIrcd(name, { serverName: names[own], peer });
  };
  const first = await start(0);
  return [first, await start(1)];
}
