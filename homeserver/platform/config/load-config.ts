import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkBucketTogether } from './check-bucket.ts';
import type { Config } from './config.ts';
import { type FoundSetting, listSettings } from './config-keys.ts';
import { configKeys } from './config-schema.ts';
import { type ConfigFile, readConfigFile } from './read-config-file.ts';
import { readEnvironment } from './read-environment.ts';

export interface LoadConfigOptions {
  /** The file given by hand; it must be there. Without it, `holdfast.yaml` in the data folder is read if it is. */
  readonly file?: string | undefined;
  /** The process's own unless given. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Settings that go before all others, by file key (for command line options and tests). */
  readonly overrides?: Readonly<Record<string, unknown>>;
  /** What relative paths refer to. */
  readonly workingFolder?: string;
}

export interface LoadedConfig {
  readonly config: Config;
  /** Absolute; undefined if there is none. */
  readonly file: string | undefined;
  /** What is not at its default, and from where: file key and place. */
  readonly origins: ReadonlyMap<string, string>;
}

/** The configuration cannot be used; the message lists every problem, one a line, with its place. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.name = 'ConfigError';
    this.problems = problems;
  }
}

const fileName = 'holdfast.yaml';

/** Puts the configuration together: environment over file over defaults. Throws ConfigError. */
export function loadConfig(options: LoadConfigOptions): LoadedConfig {
  const { environment = process.env, overrides = {}, workingFolder = process.cwd() } = options;
  const settings = listSettings(configKeys);
  const fromEnvironment = readEnvironment(environment, settings);
  const given = options.file ?? environment['HOLDFAST_CONFIG'];
  const dataDir = [overrides['data_dir'], fromEnvironment.values.get('data_dir')].find((value) => value !== undefined);
  const path = resolve(
    workingFolder,
    given ?? join(typeof dataDir === 'string' ? dataDir : configKeys.dataDir.default, fileName),
  );
  const text = readText(path, given !== undefined);
  const file: ConfigFile =
    text === undefined
      ? { values: new Map(), locate: () => path, problems: [] }
      : readConfigFile(text, path, configKeys);

  const problems = [...file.problems, ...fromEnvironment.problems];
  const origins = new Map<string, string>();
  const values = new Map<string, unknown>();
  for (const found of settings) {
    const [value, origin] = pickValue(found, overrides, fromEnvironment.values, file);
    values.set(found.fileKey, value);
    if (origin === undefined) continue;
    origins.set(found.fileKey, origin);
    const problem = found.setting.check?.(value);
    if (problem) problems.push(`${origin}: ${found.fileKey} ${problem}`);
  }
  if (given === undefined && file.values.has('data_dir')) {
    problems.push(
      `${file.locate('data_dir')}: data_dir cannot be set in the file that is looked for in it; ` +
        'set HOLDFAST_DATA_DIR, or name the file with --config',
    );
  }
  const lacking = checkBucketTogether(values);
  if (lacking) problems.push(lacking);
  if (problems.length > 0) throw new ConfigError(problems);
  // A path in the file is meant from where the file is.
  const baseFolder = origins.get('data_dir')?.startsWith(path) ? dirname(path) : workingFolder;
  values.set('data_dir', resolve(baseFolder, values.get('data_dir') as string));
  return { config: nest(settings, values), file: text === undefined ? undefined : path, origins };
}

function pickValue(
  found: FoundSetting,
  overrides: Readonly<Record<string, unknown>>,
  environment: ReadonlyMap<string, unknown>,
  file: ConfigFile,
): [value: unknown, origin: string | undefined] {
  const { fileKey, variable, setting } = found;
  if (Object.hasOwn(overrides, fileKey)) return [overrides[fileKey], 'command line'];
  if (environment.has(fileKey)) return [environment.get(fileKey), variable];
  if (file.values.has(fileKey)) return [file.values.get(fileKey), file.locate(fileKey)];
  return [setting.default, undefined];
}

function readText(path: string, required: boolean): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // ENOTDIR: the data folder is a file, which those complain of who need the folder.
    if ((code === 'ENOENT' || code === 'ENOTDIR') && !required) return undefined;
    throw new ConfigError([`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`]);
  }
}

/** `http.public_url` becomes `{ http: { publicUrl } }`; frozen, because every part of the program shares it. */
function nest(settings: readonly FoundSetting[], values: ReadonlyMap<string, unknown>): Config {
  const root: Record<string, unknown> = {};
  for (const { path, fileKey } of settings) {
    let target = root;
    for (const part of path.slice(0, -1)) {
      target[part] ??= {};
      target = target[part] as Record<string, unknown>;
    }
    target[path.at(-1) ?? ''] = values.get(fileKey);
  }
  return freezeDeep(root) as Config;
}

function freezeDeep(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) freezeDeep(member);
    Object.freeze(value);
  }
  return value;
}
