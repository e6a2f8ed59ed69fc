/**
 * Text as the user directory compares it: what looks the same is the same, without case. Done here and not by
 * PostgreSQL, whose idea of small letters depends on how its cluster was made.
 */
export function toSearchText(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('\0', '').trim();
}
