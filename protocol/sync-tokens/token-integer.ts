const canonicalInteger = /^(?:0|-?[1-9][0-9]{0,15})$/;

/**
 * An integer of ±(2^53-1) in its only accepted form: decimal, no leading zeros, no plus, no minus zero;
 * undefined for anything else.
 */
export function parseTokenInteger(text: string): number | undefined {
  if (!canonicalInteger.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
