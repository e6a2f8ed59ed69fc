import { createHash, randomBytes } from 'node:crypto';
import { migrateDatabase, readMigrations } from '../platform/database/migrate-database.ts';
import { withConnection } from '../platform/embedded-postgres/cluster-connection.ts';
import { startTestDatabase } from './start-test-database.ts';

export interface CreatedTestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** Any constant: keeps two test files from making the template at once. */
const templateLock = 4_817_263;

let ownServer: Promise<{ url: string }> | undefined;

/** The server of this test run, or, for a test file that is run by itself, one that ends with this process. */
async function findServerUrl(): Promise<string> {
  const given = process.env['HOLDFAST_TEST_DATABASE_URL'];
  if (given) return given;
  ownServer ??= startTestDatabase();
  return (await ownServer).url;
}

/**
 * Makes a fresh database with all migrations applied, by cloning a template that is made once per server and set of
 * migrations. With `migrated: false` it is empty. `serverUrl` is a superuser's, of the run's own server unless given.
 */
export async function createTestDatabase(
  options: { migrated?: boolean; serverUrl?: string } = {},
): Promise<CreatedTestDatabase> {
  const serverUrl = options.serverUrl ?? (await findServerUrl());
  const name = `test_${randomBytes(8).toString('hex')}`;
  const template = options.migrated === false ? 'template0' : await ensureTemplate(serverUrl);
  await withConnection(serverUrl, (sql) =>
    sql.unsafe(`CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY FILE_COPY`),
  );
  return {
    url: replaceDatabase(serverUrl, name),
    drop: () =>
      withConnection(serverUrl, async (sql) => {
        await sql.unsafe(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
      }),
  };
}

async function ensureTemplate(serverUrl: string): Promise<string> {
  const hash = createHash('sha256');
  for (const migration of await readMigrations()) hash.update(`${migration.name}\n${migration.text}\n`);
  const template = `template_${hash.digest('hex').slice(0, 16)}`;
  await withConnection(serverUrl, async (sql) => {
    const isReady = async () =>
      (await sql`SELECT 1 FROM pg_database WHERE datname = ${template} AND datistemplate`).length > 0;
    if (await isReady()) return;
    await sql`SELECT pg_advisory_lock(${templateLock})`;
    if (await isReady()) return;
    // One that is there but not marked was left by a process that ended half-way.
    await sql.unsafe(`DROP DATABASE IF EXISTS ${template} WITH (FORCE)`);
    await sql.unsafe(`CREATE DATABASE ${template} TEMPLATE template0`);
    await migrateDatabase(replaceDatabase(serverUrl, template));
    await sql.unsafe(`ALTER DATABASE ${template} WITH ALLOW_CONNECTIONS false IS_TEMPLATE true`);
  });
  return template;
}

function replaceDatabase(url: string, name: string): string {
  const replaced = new URL(url);
  replaced.pathname = `/${name}`;
  return replaced.href;
}
