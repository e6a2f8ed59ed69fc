import { isInlineType } from './content-type.ts';

/** Printable ASCII, of which `"` and `\` are escaped. */
const quotable = /^[\x20-\x7e]+$/;

/**
 * The Content-Disposition of a file: shown in the page only where its type cannot do harm there, and with its name.
 * https://spec.matrix.org/v1.19/client-server-api/#serving-inline-content
 */
export function formatContentDisposition(contentType: string, fileName: string | undefined): string {
  const disposition = isInlineType(contentType) ? 'inline' : 'attachment';
  if (fileName === undefined || fileName === '') return disposition;
  if (quotable.test(fileName)) return `${disposition}; filename="${fileName.replace(/["\\]/g, '\\$&')}"`;
  return `${disposition}; filename*=UTF-8''${encodeExtendedValue(fileName)}`;
}

/** RFC 8187, section 3.2.1: what encodeURIComponent leaves and the RFC does not is encoded too. */
function encodeExtendedValue(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
