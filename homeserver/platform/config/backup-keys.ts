import { checkBucketEndpoint, checkPlainName, checkPrefix } from './check-bucket.ts';
import { flag, integer, section, text } from './config-keys.ts';

const gibibyte = 1024 ** 3;

/** Settings of the backups. */
export const backupKeys = section(
  'Backups of the PostgreSQL that Holdfast runs: its whole log as it is written, a base backup now and then, and the files ' +
    'sent in rooms. ' +
    'A PostgreSQL of your own is backed up by its own means. See `docs/operating/backups.md`.',
  {
    enabled: flag(true, 'Off: nothing can be restored after a mistake or a lost disk.'),
    folder: text(
      undefined,
      'Where they are kept: a folder that is there already, on another disk or machine than the data folder. Unset: ' +
        '`backups` in the data folder, which a lost disk takes along.',
    ),
    intervalHours: integer(168, 1, 8_760, 'A base backup is made this often. Restoring is faster with more of them.'),
    keepWeeks: integer(
      2,
      1,
      520,
      'How far back one can go. Older backups are deleted, but never the newest one that was checked.',
    ),
    reserveBytes: integer(
      gibibyte,
      0,
      Number.MAX_SAFE_INTEGER,
      'Free room on the volume of the folder that backups leave alone, in bytes.',
    ),
    bucket: section(
      'A bucket of any service that speaks S3, which gets all that is in the folder. Used when `endpoint` is set; the ' +
        'folder then keeps the newest base backup and what came since, and the bucket the weeks.',
      {
        endpoint: text(
          undefined,
          'Address of the service, such as `https://s3.eu-central-1.amazonaws.com`. The bucket is named in the path.',
          { check: checkBucketEndpoint },
        ),
        region: text('us-east-1', 'Its region, as the signatures name it.', { check: checkPlainName }),
        name: text(undefined, 'The bucket. It must be there, and nobody else may read it.', { check: checkPlainName }),
        prefix: text('holdfast', 'What the names in it begin with: one for each server.', { check: checkPrefix }),
        accessKeyId: text(undefined, 'Key of an account that may list, read, write and delete below the prefix.'),
        secretAccessKey: text(undefined, 'Its secret.', { secret: true }),
        keyFile: text(
          undefined,
          'Instead of these two, a file with the lines `aws_access_key_id = ...` and `aws_secret_access_key = ...`.',
        ),
        caFile: text(undefined, 'PEM file of certificate authorities that are believed besides the usual ones.'),
      },
    ),
  },
);
