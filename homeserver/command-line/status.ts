import { withDeadline } from '@holdfast/effects/deadline.ts';
import type { Config } from '../platform/config/config.ts';
import { openDatabase, type Sql } from '../platform/database/open-database.ts';
import { isDataFolderLocked } from '../platform/embedded-postgres/lock-data-folder.ts';
import { readProcesses, readShards } from '../storage/processes/read-processes.ts';
import { readServerFact } from '../storage/processes/read-server-facts.ts';
import { type Command, CommandError, type CommandTerminal } from './command.ts';
import { findDatabaseUrl } from './find-database-url.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';

const deadlineMs = 10_000;

export const statusCommand: Command = {
  summary: 'Show the server: its name, address, PostgreSQL, processes and shards.',
  options: {
    ...configOptions,
    'database-url': {
      type: 'boolean',
      help: 'Print only the URL of the database, password included, for other processes and for psql.',
    },
  },
  async run(input, output) {
    const { config } = loadCommandConfig(input);
    const url = await findDatabaseUrl(config);
    if (input.options['database-url'] === true) {
      output.print(url);
      return 0;
    }
    output.print(
      `data folder: ${config.dataDir}${isDataFolderLocked(config.dataDir) ? ' (a Holdfast runs on it)' : ''}`,
    );
    output.print(`address: ${config.http.publicUrl ?? formatListener(config)}`);
    output.print(`database: ${url.replace(/:[^:@/]*@/, ':(hidden)@')}`);
    return showDatabase(url, output);
  },
};

/** Where this machine's process listens, if it was started with these settings. */
function formatListener({ http: { bind, port } }: Config): string {
  return `http://${bind.includes(':') ? `[${bind}]` : bind}:${port}`;
}

async function showDatabase(url: string, output: CommandTerminal): Promise<number> {
  const sql = openDatabase({ url, poolSize: 1, applicationName: 'holdfast status', statementTimeoutMs: deadlineMs });
  try {
    return await withDeadline(printProcesses(sql, output), deadlineMs, 'asking PostgreSQL');
  } catch (error) {
    throw new CommandError(`PostgreSQL does not answer: ${(error as Error).message}`);
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Gives 1 when no process owns some shard: writes to it wait. */
async function printProcesses(sql: Sql, output: CommandTerminal): Promise<number> {
  const [serverName, processes, shards] = await Promise.all([
    readServerFact(sql, 'server_name'),
    readProcesses(sql),
    readShards(sql),
  ]);
  output.print(`server name: ${serverName ?? 'none yet: `holdfast start` prints where to give it'}`);
  output.print(`processes: ${processes.length}`);
  for (const { id, address, startedAt, silentSeconds } of processes) {
    const owned = shards.filter((shard) => shard.owner === id && shard.isHeld).length;
    const since = startedAt.toISOString().slice(0, 19);
    output.print(`  ${id}  ${address}  since ${since}Z  seen ${silentSeconds.toFixed(1)} s ago  ${owned} shards`);
  }
  const free = shards.filter((shard) => !shard.isHeld);
  output.print(`shards: ${shards.length}, ${free.length} without an owner`);
  for (const { id, epoch, position, isHeld } of shards) {
    output.print(`  ${id}  position ${position}  epoch ${epoch}${isHeld ? '' : '  no owner'}`);
  }
  return processes.length > 0 && shards.length > 0 && free.length === 0 ? 0 : 1;
}
