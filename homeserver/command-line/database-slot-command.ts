import { systemClock } from '@holdfast/effects/clock.ts';
import { findBackupFolder } from '../platform/backups/backup-folder.ts';
import { listBaseBackups } from '../platform/backups/base-backup.ts';
import { formatMebibytes } from '../platform/backups/restore-cluster.ts';
import type { Config } from '../platform/config/config.ts';
import { openDatabase, type Sql } from '../platform/database/open-database.ts';
import { choosePostgresUser } from '../platform/embedded-postgres/choose-postgres-user.ts';
import { findEmbeddedPostgres } from '../platform/embedded-postgres/find-embedded-postgres.ts';
import { type Command, CommandError, type CommandTerminal } from './command.ts';
import { findDatabaseUrl } from './find-database-url.ts';
import { formatSpan } from './format-times.ts';
import { configOptions, loadCommandConfig } from './load-command-config.ts';
import { describeNewest, isNameTyped } from './replace-cluster.ts';

const statementTimeoutMs = 30_000;

/** A replication slot, as the primary tells of it. */
interface SlotRow {
  readonly name: string;
  readonly isActive: boolean;
  readonly status: string | null;
  readonly heldBytes: number | null;
}

export const databaseDropSlotCommand: Command = {
  summary: 'Let the primary forget the log that it keeps for a replica which is away, after showing what that is.',
  usage: 'SLOT',
  options: configOptions,
  async run({ words, ...input }, terminal) {
    const [wanted] = words;
    const { config } = loadCommandConfig({ words, ...input });
    const url = await findPrivilegedUrl(config);
    const sql = openDatabase({ url, poolSize: 1, applicationName: 'holdfast drop-slot', statementTimeoutMs });
    try {
      return await dropSlot(config, sql, wanted, terminal);
    } finally {
      await sql.end({ timeout: 5 });
    }
  },
};

async function dropSlot(
  config: Config,
  sql: Sql,
  wanted: string | undefined,
  terminal: CommandTerminal,
): Promise<number> {
  terminal.print(await describePrimary(config, sql));
  const slots = await readSlots(sql);
  for (const slot of slots) terminal.print(describeSlot(slot));
  const slot = slots.find(({ name }) => name === wanted);
  if (!slot)
    throw new CommandError(wanted ? `There is no slot ${wanted}.` : 'Which one? holdfast database drop-slot SLOT');
  if (slot.isActive) throw new CommandError(`A replica follows ${slot.name} at this moment: end that one first.`);
  terminal.print(`When ${slot.name} is dropped, its replica has to catch up from the archive, or be made anew.`);
  if (!(await isNameTyped(terminal, slot.name, 'drop it'))) throw new CommandError('Nothing was dropped.');
  const dropped = await sql`SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots
        WHERE slot_name = ${slot.name} AND NOT active`.catch((error: Error) => {
    throw new CommandError(`It could not be dropped: ${error.message}`);
  });
  if (dropped.length === 0) throw new CommandError(`A replica follows ${slot.name} again: nothing was dropped.`);
  terminal.print('Dropped.');
  return 0;
}

/** Of the embedded one, the superuser's: only he, or a role for replication, may drop slots. */
async function findPrivilegedUrl(config: Config): Promise<string> {
  const url = await findDatabaseUrl(config);
  if (config.database.url !== undefined) return url;
  const embedded = (await findEmbeddedPostgres(config.dataDir))?.superuserUrl;
  return embedded?.replace(/\/[^/]*$/, '/holdfast') ?? url;
}

/** Role, name, size, last write, and the newest backup that is known of. */
async function describePrimary(config: Config, sql: Sql): Promise<string> {
  const [row] = await sql<
    {
      isStandby: boolean;
      name: string;
      address: string;
      bytes: number;
      lastWriteMs: number | null;
      archivedMs: number | null;
    }[]
  >`SELECT pg_is_in_recovery() AS "isStandby", current_setting('cluster_name') AS name,
      coalesce(host(inet_server_addr()) || ':' || inet_server_port(), 'this machine') AS address,
      pg_database_size(current_database())::float8 AS bytes,
      (SELECT (extract(epoch FROM max(seen_at)) * 1000)::float8 FROM process) AS "lastWriteMs",
      (SELECT (extract(epoch FROM last_archived_time) * 1000)::float8 FROM pg_stat_archiver) AS "archivedMs"`;
  if (!row) throw new CommandError('The database does not say what it is.');
  if (row.isStandby) throw new CommandError(`${row.address} is a replica: slots are dropped at the primary.`);
  const ago = (atMs: number | null) => (atMs === null ? 'unknown' : `${formatSpan(systemClock.wallMs() - atMs)} ago`);
  const server = config.serverName ?? (await readServerName(sql));
  return [
    `the primary of ${server} at ${row.address}${row.name === '' ? '' : ` (${row.name})`}`,
    formatMebibytes(row.bytes),
    `last write ${ago(row.lastWriteMs)}`,
    `log last archived ${ago(row.archivedMs)}`,
    await describeBackups(config),
  ].join('; ');
}

async function readServerName(sql: Sql): Promise<string> {
  const [row] = await sql`SELECT value FROM server_fact WHERE name = 'server_name'`;
  return (row?.['value'] as string | undefined) ?? 'holdfast';
}

async function describeBackups({ database, dataDir, backup }: Config): Promise<string> {
  if (database.url !== undefined) return 'base backups are kept by others: ask them how old the newest is';
  const home = `${dataDir}/postgresql`;
  const { folder } = await findBackupFolder({ dataDir, home, user: choosePostgresUser(home) }, backup);
  return describeNewest(await listBaseBackups(folder));
}

async function readSlots(sql: Sql): Promise<SlotRow[]> {
  return sql<SlotRow[]>`SELECT slot_name AS name, active AS "isActive", wal_status AS status,
      pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::float8 AS "heldBytes"
    FROM pg_replication_slots ORDER BY slot_name`;
}

function describeSlot({ name, isActive, status, heldBytes }: SlotRow): string {
  const held = heldBytes === null ? 'holds no log' : `holds ${formatMebibytes(heldBytes)} of log`;
  return `  slot ${name}: ${isActive ? 'a replica follows it' : 'NOBODY FOLLOWS IT'}; ${held}; ${status ?? 'reserved nothing yet'}`;
}
