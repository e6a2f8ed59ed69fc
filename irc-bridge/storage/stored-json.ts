/**
 * A value as JSON that PostgreSQL keeps: there is no NUL in its texts, so none is kept. What only looks like one, such as
 * the text `\u0000` that somebody wrote, is left as it is.
 */
export function toStoredJson(value: unknown): string {
  return JSON.stringify(value).replace(/\\(?:u0000|[^])/g, (escape) => (escape === '\\u0000' ? '' : escape));
}
