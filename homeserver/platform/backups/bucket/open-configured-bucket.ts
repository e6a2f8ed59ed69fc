import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { Clock } from '@holdfast/effects/clock.ts';
import type { Random } from '@holdfast/effects/random.ts';
import type { Config } from '../../config/config.ts';
import { BackupError } from '../backup-error.ts';
import { type Bucket, openBucket } from './bucket.ts';
import type { BucketKeys } from './sign-request.ts';

export type BucketSettings = Config['backup']['bucket'];

/** The bucket that the configuration names; undefined where it names none. Throws BackupError where a file is missing. */
export async function openConfiguredBucket(
  settings: BucketSettings,
  clock: Clock,
  random: Random,
): Promise<Bucket | undefined> {
  const { endpoint, region, name, prefix, caFile } = settings;
  if (endpoint === undefined || name === undefined) return undefined;
  const own = caFile === undefined ? undefined : await readOrThrow(caFile, 'backup.bucket.ca_file');
  const ca = own === undefined ? undefined : [...rootCertificates, own].join('\n');
  return openBucket({ endpoint, region, bucket: name, prefix, keys: await readKeys(settings), ca }, clock, random);
}

async function readKeys({ accessKeyId, secretAccessKey, keyFile }: BucketSettings): Promise<BucketKeys> {
  if (accessKeyId !== undefined && secretAccessKey !== undefined) return { accessKeyId, secretAccessKey };
  const text = keyFile === undefined ? '' : await readOrThrow(keyFile, 'backup.bucket.key_file');
  const read = (line: string) => new RegExp(`^\\s*${line}\\s*=\\s*(\\S+)\\s*$`, 'm').exec(text)?.[1];
  const [id, secret] = [read('aws_access_key_id'), read('aws_secret_access_key')];
  if (id !== undefined && secret !== undefined) return { accessKeyId: id, secretAccessKey: secret };
  throw new BackupError(`${keyFile} (backup.bucket.key_file) has no aws_access_key_id and aws_secret_access_key`);
}

async function readOrThrow(file: string, key: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: Error) => {
    throw new BackupError(`${file} (${key}) cannot be read: ${error.message}`);
  });
}
