import { readHoldfastVersion } from '../platform/holdfast-version.ts';
import type { Command } from './command.ts';

export const versionCommand: Command = {
  summary: 'Print the version.',
  options: {},
  async run(_input, output) {
    output.print(`holdfast ${await readHoldfastVersion()} (Node.js ${process.versions.node})`);
    return 0;
  },
};
