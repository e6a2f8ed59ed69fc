import postgres from 'postgres';

/** What a failed statement says about the transaction that it was part of. */
export type DatabaseFailure =
  /** The shard is owned by somebody else now: nothing was written. */
  | 'fenced'
  /** The server refused the data: nothing was written, and trying the same again fails again. */
  | 'refused'
  /** The server could not run it now (deadlock, shutdown, no space): nothing was written, it may be tried again. */
  | 'unavailable'
  /** The connection broke, was ended by the server or the deadline passed: written or not, nobody told us. */
  | 'unknown';

const fencedCode = 'HF001';

const outageCodes = /^(CONNECTION_|CONNECT_TIMEOUT|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|ENOTFOUND)/;

const outages: ReadonlySet<DatabaseFailure> = new Set(['unavailable', 'unknown']);

/** SQLSTATE classes whose cause is the server's condition and not the statement. */
const passingClasses = new Set(['08', '40', '53', '55', '57', '58']);

/** Sorts an error thrown by the PostgreSQL client. */
export function classifyDatabaseError(error: unknown): DatabaseFailure {
  // Values that cannot be written as SQL are found before anything is sent.
  if (error instanceof RangeError || error instanceof TypeError) return 'refused';
  if (!(error instanceof postgres.PostgresError)) return 'unknown';
  // The server ended the session (57P01 above all), which it may also do after a commit and before telling of it.
  if (/^(FATAL|PANIC)$/.test(error.severity)) return 'unknown';
  if (error.code === fencedCode) return 'fenced';
  // 25006: the server is a standby or became one; 25P02: an earlier statement of the transaction failed.
  if (passingClasses.has(error.code.slice(0, 2)) || error.code === '25006') return 'unavailable';
  return 'refused';
}

/** True for errors that mean "no database right now", which are answered with 503. */
export function isDatabaseOutage(error: unknown): boolean {
  if (error instanceof postgres.PostgresError) return outages.has(classifyDatabaseError(error));
  if (!(error instanceof Error) || !('code' in error)) return false;
  // A socket that is not there; a file that is not there is something else.
  if (error.code === 'ENOENT') return 'syscall' in error && error.syscall === 'connect';
  return outageCodes.test(String(error.code));
}
