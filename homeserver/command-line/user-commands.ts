import { chooseUserId, resolveUserId } from '../accounts/choose-user-id.ts';
import { createAccount } from '../accounts/create-account.ts';
import { deactivateAccount } from '../accounts/deactivate-account.ts';
import { checkNewPassword, hashPassword } from '../accounts/hash-password.ts';
import { setAccountFlags } from '../accounts/moderate-account.ts';
import { setPassword } from '../accounts/set-password.ts';
import type { Context } from '../platform/context.ts';
import { readAccount } from '../storage/accounts/read-accounts.ts';
import { type Command, CommandError, type CommandInput, type CommandOption, type CommandTerminal } from './command.ts';
import { configOptions } from './load-command-config.ts';
import { withRecord } from './with-record.ts';

const generatedBytes = 15;

const passwordOptions: Readonly<Record<string, CommandOption>> = {
  'password-stdin': {
    type: 'boolean',
    help: 'Read the password from standard input, once. So it is without a terminal anyway.',
  },
  generate: { type: 'boolean', help: 'Make a password and print it. Otherwise it is asked for.' },
};

export const userCreateCommand: Command = {
  summary: 'Make an account, whatever the registration mode.',
  usage: 'USER',
  options: {
    ...configOptions,
    ...passwordOptions,
    admin: { type: 'boolean', help: 'With the rights of an administrator.' },
    'display-name': { type: 'string', help: 'The name that others see; otherwise the user name.' },
  },
  async run(input, terminal) {
    const [written] = requireWords(input, ['USER']);
    return withRecord(input, { operation: 'createUser', target: written }, async (context) => {
      const userId = chooseUserId(context, readLocalpart(context, written));
      if (await readAccount(context.database, userId)) throw new CommandError(`${userId} exists already.`);
      const { password, generated } = await obtainPassword(context, input, terminal);
      const { 'display-name': displayName } = input.options;
      await createAccount(context, {
        userId,
        passwordHash: await hashPassword(context, password),
        isAdmin: input.options['admin'] === true,
        displayName: typeof displayName === 'string' ? displayName : userId.slice(1, userId.indexOf(':')),
      });
      terminal.print(`made ${userId}${input.options['admin'] === true ? ', an administrator' : ''}`);
      if (generated) terminal.print(`password: ${password}`);
      return 0;
    });
  },
};

export const userResetPasswordCommand: Command = {
  summary: "Give an account a new password and end its sessions; encrypted history stays with the user's key backup.",
  usage: 'USER',
  options: {
    ...configOptions,
    ...passwordOptions,
    'keep-sessions': { type: 'boolean', help: 'Stay logged in everywhere.' },
  },
  async run(input, terminal) {
    const [written] = requireWords(input, ['USER']);
    return withRecord(input, { operation: 'resetPassword', target: written }, async (context) => {
      const userId = await requireAccount(context, written);
      const { password, generated } = await obtainPassword(context, input, terminal);
      await setPassword(context, { userId, password, logOutDevices: input.options['keep-sessions'] !== true });
      terminal.print(`the password of ${userId} is changed`);
      if (generated) terminal.print(`password: ${password}`);
      return 0;
    });
  },
};

export const userDeactivateCommand: Command = {
  summary: 'Close an account for good: it leaves its rooms, its sessions end, its name stays taken.',
  usage: 'USER',
  options: {
    ...configOptions,
    erase: { type: 'boolean', help: 'Delete its profile and what it kept, too.' },
  },
  async run(input, terminal) {
    const [written] = requireWords(input, ['USER']);
    return withRecord(input, { operation: 'deactivateUser', target: written }, async (context) => {
      const userId = await requireAccount(context, written);
      await deactivateAccount(context, userId, input.options['erase'] === true);
      terminal.print(`${userId} is deactivated`);
      return 0;
    });
  },
};

export const userSetAdminCommand = defineFlagCommand({
  summary: 'Give an account the rights of an administrator, or take them.',
  flag: 'isAdmin',
  yes: 'is an administrator now',
  no: 'is no administrator now',
});

export const userSetLockedCommand = defineFlagCommand({
  summary: 'Lock an account, so that its sessions can do nothing, or unlock it.',
  flag: 'isLocked',
  yes: 'is locked now',
  no: 'is not locked now',
});

function defineFlagCommand(texts: { summary: string; flag: 'isAdmin' | 'isLocked'; yes: string; no: string }): Command {
  return {
    summary: texts.summary,
    usage: 'USER yes|no',
    options: configOptions,
    async run(input, terminal) {
      const [written, answer] = requireWords(input, ['USER', 'yes|no']);
      if (answer !== 'yes' && answer !== 'no') throw new CommandError(`It is "yes" or "no", not "${answer}".`);
      return withRecord(input, { operation: 'changeUser', target: written }, async (context) => {
        const userId = await requireAccount(context, written);
        await setAccountFlags(context, userId, { [texts.flag]: answer === 'yes' });
        terminal.print(`${userId} ${texts[answer]}`);
        return 0;
      });
    },
  };
}

function requireWords(input: CommandInput, names: readonly string[]): [string, string] {
  if (input.words.length !== names.length) throw new CommandError(`It takes ${names.join(' and ')}.`);
  const [first = '', second = ''] = input.words;
  return [first, second];
}

/** `alice`, or `@alice:example.org` where that is this server. */
function readLocalpart({ serverName }: Context, written: string): string {
  if (!written.startsWith('@')) return written;
  const colon = written.indexOf(':');
  if (written.slice(colon + 1) === serverName) return written.slice(1, colon);
  throw new CommandError(`${written} is not of this server, ${serverName}.`);
}

async function requireAccount(context: Context, written: string): Promise<string> {
  const userId = resolveUserId(context, `@${readLocalpart(context, written)}:${context.serverName}`);
  const account = userId === undefined ? undefined : await readAccount(context.database, userId);
  if (!account || account.isDeactivated) throw new CommandError(`There is no account ${written}.`);
  return account.userId;
}

async function obtainPassword(
  context: Context,
  input: CommandInput,
  terminal: CommandTerminal,
): Promise<{ password: string; generated: boolean }> {
  if (input.options['generate'] === true) return { password: context.random.token(generatedBytes), generated: true };
  const password = await terminal.readSecret('Password: ');
  checkNewPassword(context, password);
  const isAsked = terminal.isInteractive && input.options['password-stdin'] !== true;
  if (isAsked && (await terminal.readSecret('Once more: ')) !== password) {
    throw new CommandError('The two are not the same.');
  }
  return { password, generated: false };
}
