import { chmod, chown, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PostgresUser } from '../embedded-postgres/choose-postgres-user.ts';

/**
 * Makes a folder with all that is in it belong to PostgreSQL's account, closed to all others, and sees to it that the
 * names in it are on the disk as well.
 */
export async function giveFolder(folder: string, user: PostgresUser | undefined): Promise<void> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await giveFolder(path, user);
    else if (user) await chown(path, user.uid, user.gid);
  }
  await chmod(folder, 0o700);
  if (user) await chown(folder, user.uid, user.gid);
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
