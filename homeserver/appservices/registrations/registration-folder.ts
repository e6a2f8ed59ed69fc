import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Timer } from '@holdfast/effects/clock.ts';
import type { Context } from '../../platform/context.ts';
import { parseRegistration } from './parse-registration.ts';
import { type PutRegistrationsInput, putRegistrationsCommand, registrationShard } from './put-registrations.ts';

const lookEveryMs = 1_000;
/** More files than this are not read. */
const maxFiles = 1_000;

/**
 * Keeps the registrations what the files of a folder say. Looks for changes every second: watching would miss those
 * that come through a network or by the replacement of a mounted folder.
 */
export class RegistrationFolder {
  readonly #context: Context;
  readonly #folder: string;
  /** What the folder was when its files were last put in place. */
  #seen: string | undefined;
  #problems: readonly string[] = [];
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(context: Context) {
    this.#context = context;
    const { dataDir, applicationServices } = context.config;
    this.#folder = applicationServices.folder ?? join(dataDir, 'appservices');
    context.metrics.observedGauge({
      name: 'holdfast_appservice_registration_problems',
      help: 'What is wrong with the registration files of application services that this process reads.',
      read: () => this.#problems.length,
    });
  }

  /** What is wrong with the files, each with its place, such as `irc.yaml:12: ...`. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  async start(): Promise<void> {
    await this.#look();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  /** Never throws: what could not be done is done at the next look. */
  async #look(): Promise<void> {
    try {
      const names = await listFiles(this.#folder);
      // A process without the folder has no say.
      if (names) await this.#apply(names);
    } catch (error) {
      this.#context.log.warn({ err: error, folder: this.#folder }, 'registrations could not be taken over yet');
    }
    if (!this.#isClosed) this.#timer = this.#context.clock.startTimer(lookEveryMs, () => void this.#look());
  }

  async #apply(names: readonly string[]): Promise<void> {
    const state = await describeFiles(this.#folder, names);
    if (state === this.#seen) return;
    const { input, problems: ofFiles } = await this.#readAll(names);
    const { changed, problems: ofAll } = await this.#context.shardLog.submit(
      putRegistrationsCommand,
      registrationShard,
      input,
    );
    const problems = [...ofFiles, ...ofAll];
    for (const problem of problems) {
      // What was told before is still so.
      if (this.#problems.includes(problem)) continue;
      this.#context.log.error({ folder: this.#folder, problem }, 'a registration file was refused');
    }
    this.#problems = problems;
    if (changed.length > 0) this.#context.log.info({ services: changed }, 'application services were registered anew');
    this.#seen = state;
  }

  async #readAll(names: readonly string[]): Promise<{ input: PutRegistrationsInput; problems: string[] }> {
    const registrations: { id: string; registration: string; file: string }[] = [];
    const brokenFiles: string[] = [];
    const problems: string[] = [];
    const taken = new Map<string, string>();
    for (const file of names) {
      const text = await readFile(join(this.#folder, file), 'utf8').catch((error: Error) => error);
      const parsed =
        text instanceof Error
          ? { problems: [`${file}: ${text.message}`] }
          : parseRegistration(text, file, this.#context.serverName);
      const found = 'problems' in parsed ? parsed.problems : findClash(taken, file, parsed.registration);
      if ('problems' in parsed || found.length > 0) {
        problems.push(...found);
        brokenFiles.push(file);
        continue;
      }
      registrations.push({ id: parsed.registration.id, registration: JSON.stringify(parsed.document), file });
    }
    return { input: { folder: this.#folder, registrations, brokenFiles }, problems };
  }
}

/** Two services cannot have the same id or token. */
function findClash(
  taken: Map<string, string>,
  file: string,
  { id, asToken }: { readonly id: string; readonly asToken: string },
): string[] {
  const [idKey, tokenKey] = [`id ${id}`, `as_token ${asToken}`];
  const byId = taken.get(idKey);
  const byToken = taken.get(tokenKey);
  if (byId !== undefined) return [`${file}: the id ${JSON.stringify(id)} is that of ${byId}`];
  if (byToken !== undefined) return [`${file}: the as_token is that of ${byToken}`];
  taken.set(idKey, file);
  taken.set(tokenKey, file);
  return [];
}

/** undefined: there is no such folder. */
async function listFiles(folder: string): Promise<string[] | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  const files = names?.filter((name) => /\.ya?ml$/i.test(name) && !name.startsWith('.'));
  return files?.sort().slice(0, maxFiles);
}

async function describeFiles(folder: string, names: readonly string[]): Promise<string> {
  const stats = await Promise.all(names.map((name) => stat(join(folder, name)).catch(() => undefined)));
  return names
    .map((name, index) => `${name} ${stats[index]?.mtimeMs} ${stats[index]?.size} ${stats[index]?.ino}`)
    .join('\n');
}
