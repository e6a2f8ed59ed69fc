import { announcementMs, rotateSigningKey } from '../remote-servers/keys/own-keys.ts';
import type { Command } from './command.ts';
import { configOptions } from './load-command-config.ts';
import { withRecord } from './with-record.ts';

export const keyRotateCommand: Command = {
  summary: 'Make a new key for signing; other servers are told the old one as an old one.',
  options: configOptions,
  async run(input, output) {
    return withRecord(input, { operation: 'rotateKey', target: '' }, async (context) => {
      const keyId = await rotateSigningKey(context);
      output.print(`${keyId} is published now and signs in ${announcementMs / 1000} seconds, without a restart.`);
      return 0;
    });
  },
};
