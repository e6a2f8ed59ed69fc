/** Plain text, and HTML where there is formatting, of a message of IRC. */
export function formatOfIrc(text: string): { readonly body: string; readonly html: string | undefined } {
  // oxlint-disable-next-line no-control-regex
  return { body: text.replace(/\u0003\d{0,2}(,\d{1,2})?|[\u0000-\u0008\u000e-\u001f]/g, ''), html: undefined };
}
