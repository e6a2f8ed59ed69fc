/** A backup cannot be made or used now; the message says why, for people. */
export class BackupError extends Error {}
