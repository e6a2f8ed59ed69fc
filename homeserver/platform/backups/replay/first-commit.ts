/** PostgreSQL's log, as its versions 9.5 to 18 write it: src/include/access/xlog_internal.h and xlogrecord.h. */
const pageBytes = 8_192;
const longPageHeaderBytes = 40;
const pageHeaderBytes = 24;
/** Where the header of a page says how much of its beginning belongs to a record of the page before. */
const remainingAt = 16;
const recordHeaderBytes = 24;
const infoAt = 16;
const ownerAt = 17;
/** The resource manager of transactions, and what it calls a commit. */
const transactions = 1;
const operationMask = 0x70;
const commit = 0x00;
const commitPrepared = 0x30;
/** The data of a record begins with small headers, each with an id. */
const header = { toplevelTransaction: 252, origin: 253, longData: 254, shortData: 255 } as const;
/** From 1970 to 2000, where PostgreSQL's time begins. */
const epochMs = 946_684_800_000;

/**
 * When the first transaction that a file of the log has the end of was committed, in milliseconds by the database's clock;
 * undefined if it has none, or is no such file.
 */
export function findFirstCommitMs(log: Buffer): number | undefined {
  if (log.length < pageBytes) return undefined;
  const records = joinPages(log);
  let at = align(log.readUInt32LE(remainingAt));
  while (at + recordHeaderBytes <= records.length) {
    const length = records.readUInt32LE(at);
    if (length < recordHeaderBytes) return undefined;
    const operation = records.readUInt8(at + infoAt) & operationMask;
    const isCommit = operation === commit || operation === commitPrepared;
    if (records.readUInt8(at + ownerAt) === transactions && isCommit && at + length <= records.length) {
      return readCommitMs(records.subarray(at + recordHeaderBytes, at + length));
    }
    at += align(length);
  }
  return undefined;
}

/** What stands on the pages, without their headers. */
function joinPages(log: Buffer): Buffer {
  const pages: Buffer[] = [];
  for (let start = 0; start < log.length; start += pageBytes) {
    pages.push(log.subarray(start + (start === 0 ? longPageHeaderBytes : pageHeaderBytes), start + pageBytes));
  }
  return Buffer.concat(pages);
}

/** The data of a commit begins with its time, in microseconds. */
function readCommitMs(record: Buffer): number | undefined {
  let at = 0;
  for (;;) {
    const id = at < record.length ? record.readUInt8(at) : undefined;
    if (id === header.origin) at += 3;
    else if (id === header.toplevelTransaction) at += 5;
    else if (id === header.shortData || id === header.longData) {
      at += id === header.shortData ? 2 : 5;
      break;
    } else return undefined;
  }
  return at + 8 <= record.length ? epochMs + Number(record.readBigInt64LE(at) / 1_000n) : undefined;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 8) * 8;
}
