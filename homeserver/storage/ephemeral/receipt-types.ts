/** Receipt types as stored in receipt.type. The numbers never change. */
export const receiptTypeCodes = { 'm.read': 1, 'm.read.private': 2 } as const;

export type ReceiptType = keyof typeof receiptTypeCodes;

export function receiptTypeOfCode(code: number): ReceiptType {
  return code === receiptTypeCodes['m.read.private'] ? 'm.read.private' : 'm.read';
}
