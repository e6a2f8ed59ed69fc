import type { Clock } from '@holdfast/effects/clock.ts';
import { withDeadline } from '@holdfast/effects/deadline.ts';
import postgres from 'postgres';
import type { Cluster, ClusterCredentials } from './initialize-cluster.ts';

export const databaseName = 'holdfast';
const loopback = '127.0.0.1';
const connectTimeoutSeconds = 5;
/** Copying an empty database takes a moment, on slow disks many. */
const makeDeadlineMs = 120_000;

/** The URL that the homeserver uses; any PostgreSQL client on this machine understands it. */
export function formatClusterUrl(credentials: ClusterCredentials, port: number): string {
  return `postgres://holdfast:${credentials.password}@${loopback}:${port}/${databaseName}`;
}

/** The same for the superuser, who may still connect when all other connections are taken. */
export function formatSuperuserUrl(credentials: ClusterCredentials, port: number): string {
  return `postgres://postgres:${credentials.superuserPassword}@${loopback}:${port}/postgres`;
}

/** One connection for one task; it is closed afterwards, or at once when `signal` aborts. */
export async function withConnection<T>(
  url: string,
  task: (sql: postgres.Sql) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const sql = postgres(url, {
    max: 1,
    connect_timeout: connectTimeoutSeconds,
    // Try once; who calls decides whether and when to try again.
    backoff: () => 0,
    onnotice: () => {},
    fetch_types: false,
    connection: { application_name: 'holdfast supervisor' },
  });
  const cut = () => void sql.end({ timeout: 0 });
  signal?.addEventListener('abort', cut, { once: true });
  try {
    return await task(sql);
  } finally {
    signal?.removeEventListener('abort', cut);
    await sql.end({ timeout: 1 });
  }
}

/** Asks for one row, within `deadlineMs` all in all. Gives what went wrong, or undefined if it answered. */
export async function probeCluster(
  cluster: Cluster,
  port: number,
  clock: Clock,
  deadlineMs: number,
): Promise<string | undefined> {
  const ask = (signal: AbortSignal) =>
    withConnection(formatSuperuserUrl(cluster.credentials, port), (sql) => sql`SELECT 1`, signal);
  try {
    await withDeadline(ask, deadlineMs, 'asking PostgreSQL for a row', { clock });
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Makes the role and the database of the homeserver where they are missing. */
export async function ensureRoleAndDatabase(cluster: Cluster, port: number, clock: Clock): Promise<void> {
  const make = async (sql: postgres.Sql) => {
    const [roles, databases] = await Promise.all([
      sql`SELECT 1 FROM pg_roles WHERE rolname = 'holdfast'`,
      sql`SELECT 1 FROM pg_database WHERE datname = ${databaseName}`,
    ]);
    if (roles.length === 0) {
      // The password is base64url, so it needs no quoting; CREATE ROLE takes no parameters.
      await sql.unsafe(`CREATE ROLE holdfast LOGIN CREATEDB PASSWORD '${cluster.credentials.password}'`);
    }
    if (databases.length === 0) await sql.unsafe(`CREATE DATABASE ${databaseName} OWNER holdfast`);
  };
  const url = formatSuperuserUrl(cluster.credentials, port);
  const run = (signal: AbortSignal) => withConnection(url, make, signal);
  await withDeadline(run, makeDeadlineMs, 'making the database', { clock });
}
