const maxNameLength = 1_024;

/**
 * The file name of a Content-Disposition, without folders and what no text of the database can hold; undefined where
 * it has none. `filename*` goes before `filename`. RFC 6266, RFC 8187.
 */
export function parseFileName(disposition: string | undefined): string | undefined {
  if (disposition === undefined || disposition.length > 8_192) return undefined;
  const extended = /;\s*filename\*\s*=\s*utf-8'[^']*'([^\s;]+)/i.exec(disposition)?.[1];
  const name = (extended !== undefined && decodeExtended(extended)) || parsePlain(disposition);
  if (name === undefined) return undefined;
  const safe = name
    .toWellFormed()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they have no place in a name
    .replace(/[\u0000-\u001f\u007f]/g, '')
    .replace(/^.*[/\\]/, '')
    .trim();
  return safe === '' ? undefined : safe.slice(0, maxNameLength);
}

function decodeExtended(value: string): string | undefined {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
}

function parsePlain(disposition: string): string | undefined {
  const match = /;\s*filename\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/i.exec(disposition);
  const name = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
  if (name === undefined) return undefined;
  // Headers are read as Latin-1; many servers send UTF-8.
  const bytes = Buffer.from(name, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return name;
  }
}
