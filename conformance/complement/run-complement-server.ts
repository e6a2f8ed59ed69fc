import { chmod, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { createLog } from '@holdfast/effects/create-log.ts';
import { loadConfig } from '@holdfast/homeserver/platform/config/load-config.ts';
import { startHomeserver } from '@holdfast/homeserver/processes/start-homeserver.ts';
import { findDatabase } from './find-database.ts';
import { formatOverrides, readSetting } from './read-setting.ts';

/** Runs a server as the suite's driver wants it until SIGTERM. https://github.com/matrix-org/complement */
export async function runComplementServer(): Promise<void> {
  const stopRequested = new Promise<void>((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
  const setting = readSetting(process.env);
  const { config } = loadConfig({ environment: {}, overrides: formatOverrides(setting) });
  const log = createLog(config.log);
  const runFolder = tmpdir();
  await letPass(runFolder);
  const databaseUrl = await findDatabase(setting.dataDir, runFolder, process.env['HOLDFAST_TEST_DATABASE_URL']);
  const homeserver = await startHomeserver({ config, databaseUrl, log });
  await stopRequested;
  await homeserver.stop();
}

/** The driver makes the folder of a run for itself alone, and PostgreSQL, which never runs as root, is below it. */
async function letPass(folder: string): Promise<void> {
  const { mode } = await stat(folder);
  if (process.getuid?.() === 0 && (mode & 0o001) === 0) await chmod(folder, (mode & 0o7777) | 0o011);
}
