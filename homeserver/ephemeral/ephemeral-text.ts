import type { StoredReceipt } from '../storage/ephemeral/read-receipts.ts';

/**
 * Receipts as one m.receipt event for clients, as JSON. Later receipts of the same user, type and thread replace earlier
 * ones. https://spec.matrix.org/v1.19/client-server-api/#mreceipt
 */
export function receiptsText(receipts: readonly StoredReceipt[]): string {
  const newest = new Map<string, StoredReceipt>();
  for (const receipt of receipts) newest.set(`${receipt.userId} ${receipt.type} ${receipt.threadId ?? ''}`, receipt);
  const content: Record<string, Record<string, Record<string, object>>> = Object.create(null);
  for (const { eventId, type, userId, threadId, sentAtMs } of receiptsByThread(newest.values())) {
    const types = (content[eventId] ??= Object.create(null) as Record<string, Record<string, object>>);
    const users = (types[type] ??= Object.create(null) as Record<string, object>);
    users[userId] = threadId === undefined ? { ts: sentAtMs } : { ts: sentAtMs, thread_id: threadId };
  }
  return `{"content":${JSON.stringify(content)},"type":"m.receipt"}`;
}

/**
 * The form has one place for a user's receipts of one type for one event. Where a user has a threaded and an unthreaded
 * one there, the unthreaded one is told, as it says more.
 */
function receiptsByThread(receipts: Iterable<StoredReceipt>): StoredReceipt[] {
  return [...receipts].sort((a, b) => Number(a.threadId === undefined) - Number(b.threadId === undefined));
}

/** https://spec.matrix.org/v1.19/client-server-api/#mtyping */
export function typingText(userIds: readonly string[]): string {
  return `{"content":{"user_ids":${JSON.stringify(userIds)}},"type":"m.typing"}`;
}
