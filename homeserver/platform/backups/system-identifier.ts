import { open } from 'node:fs/promises';
import { join } from 'node:path';

const identifierBytes = 8;

/** Which database a data folder is of, from the beginning of its pg_control; undefined where that cannot be read. */
export async function readSystemIdentifier(dataFolder: string): Promise<string | undefined> {
  const file = await open(join(dataFolder, 'global', 'pg_control'), 'r').catch(() => undefined);
  if (!file) return undefined;
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(identifierBytes), 0, identifierBytes, 0);
    return bytesRead === identifierBytes ? buffer.readBigUInt64LE().toString() : undefined;
  } finally {
    await file.close();
  }
}
