import { readFileSync, statSync } from 'node:fs';

/** The account that PostgreSQL runs under. */
export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** In this order: an account made for Holdfast, the one made for PostgreSQL, the one that every system has. */
const candidates = ['holdfast', 'postgres', 'nobody'];

/**
 * PostgreSQL refuses to run as root, so root has to lend it another account. Gives `undefined` for everybody else:
 * PostgreSQL then runs as whoever started Holdfast.
 *
 * `existingFolder` is the folder of a cluster that may be there already: its owner goes before all others, because the
 * files are his. The account must stand in /etc/passwd (initdb looks up its name).
 */
export function choosePostgresUser(existingFolder: string, passwdFile = '/etc/passwd'): PostgresUser | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const users = readUsers(passwdFile);
  const ownerUid = statSync(existingFolder, { throwIfNoEntry: false })?.uid ?? 0;
  if (ownerUid !== 0) {
    const owner = users.find((user) => user.uid === ownerUid);
    if (owner) return owner;
    throw new Error(
      `${existingFolder} belongs to user id ${ownerUid}, which has no account on this machine. ` +
        `Give it to one that has: chown -R nobody ${existingFolder}`,
    );
  }
  for (const name of candidates) {
    const user = users.find((candidate) => candidate.name === name && candidate.uid !== 0);
    if (user) return user;
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has no account "holdfast", "postgres" or "nobody" for it. ' +
      'Make one (useradd --system holdfast) or run Holdfast as a normal user.',
  );
}

function readUsers(passwdFile: string): PostgresUser[] {
  return readFileSync(passwdFile, 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .filter((fields) => fields.length >= 4)
    .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));
}
