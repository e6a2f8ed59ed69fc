import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';

/** The IRC servers that tests run against, as Debian packages them. */
export const ircdNames = ['ngircd', 'inspircd'] as const;
export type IrcdName = (typeof ircdNames)[number];

export interface Ircd {
  readonly name: IrcdName;
  readonly port: number;
  /** Ends the server at once, as a crash does; `stop` besides removes its files. */
  kill(): Promise<void>;
  /** Starts it again at the same port. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const startMs = 15_000;

function configure(name: IrcdName, port: number, folder: string): { readonly file: string; readonly text: string } {
  if (name === 'ngircd') {
    const text = `[Global]
Name = irc.test.example
Info = Test
Listen = 127.0.0.1
Ports = ${port}
PidFile = ${folder}/ngircd.pid
ServerGID = ${process.getgid?.() === 0 ? 'nogroup' : ''}
ServerUID = ${process.getuid?.() === 0 ? 'nobody' : ''}
[Limits]
ConnectRetry = 60
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 100
MaxNickLength = 30
PingTimeout = 120
PongTimeout = 20
[Options]
DNS = no
Ident = no
PAM = no
SyslogFacility = local1
`;
    return { file: join(folder, 'ngircd.conf'), text: text.replace(/^Server[GU]ID = \n/gm, '') };
  }
  const modules = ['cap', 'ircv3', 'ircv3_accounttag', 'ircv3_batch', 'ircv3_ctctags', 'ircv3_echomessage'];
  modules.push('ircv3_invitenotify', 'ircv3_labeledresponse', 'ircv3_msgid', 'ircv3_servertime', 'namesx', 'chghost');
  modules.push('banexception', 'services_account');
  const text = `<config format="xml">
<server name="irc.test.example" description="Test" network="Test" id="1TT">
<admin name="Test" nick="test" email="test@test.example">
<bind address="127.0.0.1" port="${port}" type="clients">
<connect name="all" allow="*" timeout="30" pingfreq="120" hardsendq="1M" softsendq="512K" recvq="64K" threshold="1000"
  commandrate="1000000" fakelag="no" localmax="5000" globalmax="5000" maxconnwarn="no" resolvehostnames="no" modes="">
<performance softlimit="10000" nouserdns="yes">
<options prefixquit="Quit: " defaultmodes="not">
<limits maxnick="30" maxchan="64" maxline="512" maxquit="255" maxtopic="307" maxkick="255" maxreal="128" maxaway="200">
<channels users="100">
<pid file="${folder}/inspircd.pid">
${modules.map((each) => `<module name="${each}">`).join('\n')}
<class name="none"><type name="none" classes="none">
`;
  return { file: join(folder, 'inspircd.conf'), text };
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
export async function startIrcd(name: IrcdName): Promise<Ircd> {
  const program = findProgram(name);
  const folder = await mkdtemp(join(tmpdir(), `holdfast-${name}-`));
  const port = await findFreePort();
  const { file, text } = configure(name, port, folder);
  await writeFile(file, text, { mode: 0o644 });
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
  return { name, port, kill, start, stop };
}
