import { parseArgs } from 'node:util';
import { fullSizes, shortSizes } from './load/bench-sizes.ts';
import { scenarios } from './load/run-scenarios.ts';
import type { BenchSizes } from './load/scenario.ts';

const peerNames = ['holdfast', 'synapse', 'ceiling'];
const wantedNames = ['micro', ...scenarios.map((scenario) => scenario.name)];

export const usage = `npm run bench -- federation [options]   between servers; see there: npm run bench -- federation --help
npm run bench -- bridge [options]       application services and the bridge to IRC; see there: --help
npm run bench -- monitor [options]      what the monitor costs at rest; fails beyond its bounds; see there: --help
npm run bench -- [options]
  --against synapse     measure another server too, on the same PostgreSQL
  --only a,b            of ${wantedNames.join(', ')}
  --peers a,b           exactly these of ${peerNames.join(', ')}
  --members N           size of the large room (default ${fullSizes.largeRoomMembers}; short ${shortSizes.largeRoomMembers})
  --short               rough figures in a minute or two for each server
  --out FILE            writes FILE.json and FILE.md
  --server URL          measure a homeserver that runs already; with it, as far as they are known:
    --secret TEXT         its registration secret (without it: open registration)
    --server-database URL its database
    --server-pid N        its process
Environment: HOLDFAST_BENCH_DATABASE_URL (a superuser's; a private PostgreSQL is started without it),
HOLDFAST_BENCH_SCRATCH (where other servers are installed; default in the system's folder for temporary files)`;

export interface BenchOptions {
  readonly wanted: ReadonlySet<string>;
  readonly peers: readonly string[];
  readonly sizes: BenchSizes;
  /** Path without its ending. */
  readonly out: string | undefined;
  readonly server: RunningServerOptions | undefined;
}

export interface RunningServerOptions {
  readonly baseUrl: string;
  readonly registrationSecret: string | undefined;
  readonly databaseUrl: string | undefined;
  readonly pid: number | undefined;
}

/** Reads the command line. Throws an Error with the usage for what it does not know. */
export function readBenchOptions(args: string[]): BenchOptions | 'help' {
  const { values } = parseArgs({
    args,
    options: {
      against: { type: 'string' },
      only: { type: 'string' },
      peers: { type: 'string' },
      members: { type: 'string' },
      short: { type: 'boolean' },
      out: { type: 'string' },
      server: { type: 'string' },
      secret: { type: 'string' },
      'server-database': { type: 'string' },
      'server-pid': { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return 'help';
  const sizes = values.short ? shortSizes : fullSizes;
  const against = values.against === undefined ? [] : readNames(values.against, peerNames);
  const pid = values['server-pid'];
  return {
    wanted: new Set(values.only === undefined ? wantedNames : readNames(values.only, wantedNames)),
    peers:
      values.peers === undefined
        ? [...new Set(['holdfast', ...against, 'ceiling'])]
        : readNames(values.peers, peerNames),
    sizes: values.members === undefined ? sizes : { ...sizes, largeRoomMembers: readCount(values.members) },
    out: values.out,
    server:
      values.server === undefined
        ? undefined
        : {
            baseUrl: values.server,
            registrationSecret: values.secret,
            databaseUrl: values['server-database'],
            pid: pid === undefined ? undefined : readCount(pid),
          },
  };
}

function readNames(list: string, known: readonly string[]): string[] {
  const names = list.split(',').map((name) => name.trim());
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`unknown: ${unknown.join(', ')}; known: ${known.join(', ')}\n${usage}`);
  return names;
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isSafeInteger(count) || count < 1) throw new Error(`${text} is not a number of at least 1\n${usage}`);
  return count;
}
