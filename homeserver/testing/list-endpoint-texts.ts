import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const endpoint = /\/\*\*((?:(?!\*\/)[^])*)\*\/\nexport const \w+ = defineEndpoint\(\{\n\s*operation: '(\w+)'/g;

/** What is written above each endpoint of a folder, by its operation, as one line. */
export async function listEndpointTexts(folder: string): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const name of glob('**/*.ts', { cwd: folder })) {
    const source = await readFile(join(folder, name), 'utf8');
    for (const [, comment = '', operation = ''] of source.matchAll(endpoint)) texts.set(operation, plain(comment));
  }
  return texts;
}

function plain(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trim());
  return lines.filter((line) => line !== '' && !/^https?:/.test(line)).join(' ');
}
