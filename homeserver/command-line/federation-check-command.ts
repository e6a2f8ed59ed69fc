import { checkServer } from '../remote-servers/check/check-server.ts';
import { hasProblem } from '../remote-servers/check/server-finding.ts';
import { type Command, CommandError } from './command.ts';
import { configOptions } from './load-command-config.ts';
import { withContext } from './with-context.ts';

export const federationCheckCommand: Command = {
  summary:
    'Go the whole way to another server, and back, and say what is wrong; without one, only how others find this one.',
  usage: '[SERVER]',
  options: configOptions,
  async run(input, output) {
    const [serverName, ...more] = input.words;
    if (more.length > 0) throw new CommandError('Name one server, such as: holdfast federation check matrix.org');
    return withContext(input, async (context) => {
      const findings = await checkServer(context, serverName ?? context.serverName);
      for (const { verdict, what, mend } of findings) {
        output.print(`${verdict.padEnd(9)}${what}`);
        if (mend) output.print(`         → ${mend}`);
      }
      return hasProblem(findings) ? 1 : 0;
    });
  },
};
