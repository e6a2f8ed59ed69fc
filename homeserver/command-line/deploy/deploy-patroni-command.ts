import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { dirname, join } from 'node:path';
import { systemRandom } from '@holdfast/effects/random.ts';
import { type Command, CommandError, type CommandInput } from '../command.ts';
import { formatPatroniFiles } from './patroni-files.ts';
import {
  defaultPorts,
  nameMachines,
  type PatroniPlan,
  type PatroniSecrets,
  type WatchdogMode,
  watchdogModes,
} from './patroni-plan.ts';

const fewestMachines = 3;
const mostMachines = 7;
const secretBytes = 24;
const defaultSlotKeepMebibytes = 8_192;

export const deployPatroniCommand: Command = {
  summary: 'Write the files for a PostgreSQL of several machines that fails over (Patroni and etcd).',
  usage: 'ADDRESS ADDRESS ADDRESS',
  options: {
    out: { type: 'string', help: 'Folder for the files; made. Called again on it, the passwords stay.' },
    archive: { type: 'string', help: 'Folder that all machines share, for archived logs (a mount).' },
    clients: { type: 'string', help: 'Networks of the machines with Holdfast, such as 10.0.1.0/24,10.0.2.0/24.' },
    data: { type: 'string', help: 'Folder of the data on each machine; otherwise /var/lib/holdfast-db.' },
    'postgres-bin': { type: 'string', help: "Folder of PostgreSQL's programs; otherwise /usr/lib/postgresql/17/bin." },
    'slot-keep-mib': {
      type: 'string',
      help: `Log kept for a replica that is away; otherwise ${defaultSlotKeepMebibytes}.`,
    },
    watchdog: {
      type: 'string',
      help:
        'What resets a machine whose Patroni hangs: automatic (where there is a watchdog; the default), required (a machine ' +
        'without one never becomes primary) or off.',
    },
  },
  async run(input, terminal) {
    const out = readText(input, 'out');
    const plan = await readPlan(input, out);
    const files = formatPatroniFiles(plan);
    for (const [path, text] of files) {
      await mkdir(dirname(join(out, path)), { recursive: true, mode: 0o700 });
      await writeFile(join(out, path), text, { mode: 0o600 });
      await chmod(join(out, path), 0o600);
    }
    terminal.print(`Wrote ${files.size} files for ${plan.machines.length} machines to ${out}; they hold passwords.`);
    for (const { name, address } of plan.machines)
      terminal.print(`  ${address} is ${name}: copy ${out}/${name} there, and run install.sh in it`);
    terminal.print(
      `Holdfast gets database.url from ${out}/holdfast.yaml. What else is to be done: docs/operating/postgresql-cluster.md`,
    );
    return 0;
  },
};

async function readPlan(input: CommandInput, out: string): Promise<PatroniPlan> {
  const { clients, data, 'postgres-bin': bin, 'slot-keep-mib': keep } = input.options;
  const slotKeepMebibytes = typeof keep === 'string' ? Number(keep) : defaultSlotKeepMebibytes;
  if (!Number.isSafeInteger(slotKeepMebibytes) || slotKeepMebibytes < 64) {
    throw new CommandError('--slot-keep-mib is a whole number from 64 on.');
  }
  return {
    machines: nameMachines(readAddresses(input.words)),
    ports: defaultPorts,
    binFolder: requireAbsolute(typeof bin === 'string' ? bin : '/usr/lib/postgresql/17/bin'),
    dataFolder: requireAbsolute(typeof data === 'string' ? data : '/var/lib/holdfast-db'),
    archiveFolder: requireAbsolute(readText(input, 'archive')),
    clients: typeof clients === 'string' ? clients.split(',').map(requireNetwork) : [],
    secrets: await readOrMakeSecrets(out),
    watchdog: readWatchdog(input),
    slotKeepMebibytes,
  };
}

function readWatchdog({ options: { watchdog = 'automatic' } }: CommandInput): WatchdogMode {
  const found = watchdogModes.find((mode) => mode === watchdog);
  if (found === undefined) throw new CommandError(`--watchdog is one of ${watchdogModes.join(', ')}.`);
  return found;
}

function readText(input: CommandInput, name: 'out' | 'archive'): string {
  const value = input.options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new CommandError(
    name === 'out'
      ? 'Where shall the files go? --out FOLDER'
      : 'Which folder do all machines share for archived logs? --archive FOLDER. Without it a replica that was away for ' +
          'too long could not catch up by itself.',
  );
}

function readAddresses(words: readonly string[]): readonly string[] {
  const wrong = words.find((word) => isIP(word) === 0);
  if (wrong !== undefined)
    throw new CommandError(`"${wrong}" is no address. Names may resolve to another machine: give addresses.`);
  if (new Set(words).size !== words.length) throw new CommandError('An address stands there twice.');
  const { length } = words;
  if (length < fewestMachines || length > mostMachines || length % 2 === 0) {
    throw new CommandError('Name three, five or seven machines: more than half of them must be left to decide.');
  }
  return words;
}

function requireNetwork(text: string): string {
  const [address = '', bits = '', ...more] = text.split('/');
  const family = isIP(address);
  const isRight = family !== 0 && more.length === 0 && /^\d+$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  if (!isRight) throw new CommandError(`"${text}" is no network such as 10.0.1.0/24.`);
  return text;
}

/** The paths stand in programs and units: nothing in them may mean something there. */
function requireAbsolute(path: string): string {
  if (!/^(\/[A-Za-z0-9._-]+)+$/.test(path)) throw new CommandError(`"${path}" is no plain absolute path.`);
  return path;
}

/** Those of an earlier call on the same folder: the machines know them already. */
async function readOrMakeSecrets(out: string): Promise<PatroniSecrets> {
  const file = join(out, 'secrets.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text !== undefined) return JSON.parse(text) as PatroniSecrets;
  const others = await readdir(out).catch(() => []);
  if (others.length > 0) throw new CommandError(`${out} has other files in it: choose an empty folder.`);
  const make = () => systemRandom.token(secretBytes);
  const secrets = { superuser: make(), replication: make(), holdfast: make(), restApi: make() };
  await mkdir(out, { recursive: true, mode: 0o700 });
  await writeFile(file, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 });
  return secrets;
}
