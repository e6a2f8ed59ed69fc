import { verifiedKey } from './bucket-keys.ts';

/** What a base backup's name says: when it was begun. */
export function timeOfId(id: string): number {
  return Date.parse(id.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** The base backups in a bucket that are whole, oldest first. */
export function listStoredBackups(
  stored: ReadonlySet<string>,
): { readonly id: string; readonly isVerified: boolean }[] {
  const ids = [...stored].map((key) => /^base\/(\d{8}T\d{6}Z)\/backup\.json$/.exec(key)?.[1]);
  return ids
    .filter((id) => id !== undefined)
    .sort()
    .map((id) => ({ id, isVerified: stored.has(verifiedKey(id)) }));
}
