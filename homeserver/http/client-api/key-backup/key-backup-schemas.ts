/** `version` of operations on keys: which backup. */
export const backupQuerySchema = {
  type: 'object',
  properties: { version: { type: 'string' } },
  required: ['version'],
} as const;

const maxInteger = Number.MAX_SAFE_INTEGER;

/** The key of a session as it is backed up. */
export const keyBackupDataSchema = {
  type: 'object',
  properties: {
    first_message_index: { type: 'integer', minimum: 0, maximum: maxInteger },
    forwarded_count: { type: 'integer', minimum: 0, maximum: maxInteger },
    is_verified: { type: 'boolean' },
    session_data: { type: 'object' },
  },
  required: ['first_message_index', 'forwarded_count', 'is_verified', 'session_data'],
} as const;

/** The keys of a room by session. */
export const roomKeyBackupSchema = {
  type: 'object',
  properties: { sessions: { type: 'object', additionalProperties: keyBackupDataSchema } },
  required: ['sessions'],
} as const;
