import { readFile } from 'node:fs/promises';
import type { Command } from './command.ts';

/** The version of this Holdfast. */
export async function readVersion(): Promise<string> {
  const text = await readFile(new URL('../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}

export const versionCommand: Command = {
  summary: 'Print the version.',
  options: {},
  async run(_input, output) {
    output.print(`holdfast ${await readVersion()} (Node.js ${process.versions.node})`);
    return 0;
  },
};
