/**
 * Text in the form in which it is compared where case does not matter: the lower case of Unicode, whatever the locale,
 * with both forms of the small sigma as one, because which of them a capital sigma becomes depends on what follows it.
 */
export function foldCase(text: string): string {
  const lower = text.toLowerCase();
  return lower.includes('ς') ? lower.replaceAll('ς', 'σ') : lower;
}
