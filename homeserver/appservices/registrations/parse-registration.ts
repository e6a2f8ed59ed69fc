import type { JsonObject } from '@holdfast/protocol/events/pdu.ts';
import { parseUserId } from '@holdfast/protocol/identifiers/user-id.ts';
import { Ajv, type ErrorObject } from 'ajv';
import { type Document, isNode, isScalar, LineCounter, parseDocument, type Scalar, visit } from 'yaml';
import { compileRegex } from './compile-namespaces.ts';
import { measureRegex } from './measure-regex.ts';
import { namespaceKinds, type Registration, readRegistration, registrationSchema } from './registration.ts';

export type ParsedRegistration =
  | { readonly registration: Registration; readonly document: JsonObject }
  /** One sentence each, beginning with the place, such as `irc.yaml:12`. */
  | { readonly problems: readonly string[] };

/** What a bridge generates is far smaller. */
const largestFileChars = 1_000_000;
const shownProblems = 20;
/** Of all expressions of a file, once their repetitions are written out: memory and time to compile them grow with it. */
const mostRegexCharacters = 50_000;

const validate = new Ajv({ allErrors: true, strict: false }).compile(registrationSchema);

/** A place in the document and what is wrong there. */
interface Problem {
  readonly path: readonly (string | number)[];
  readonly sentence: string;
}

/** Reads the text of a registration file. `name` is the file's name in messages. Never throws. */
export function parseRegistration(text: string, name: string, serverName: string): ParsedRegistration {
  if (text.length > largestFileChars) return { problems: [`${name}: the file is too large`] };
  const lines = new LineCounter();
  const place = (offset: number | undefined) => (offset === undefined ? name : `${name}:${lines.linePos(offset).line}`);
  let file: Document.Parsed;
  let root: unknown;
  try {
    // The parser's own search for keys that come twice takes time with the square of their number.
    file = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
    if (file.errors.length > 0) {
      return { problems: file.errors.slice(0, shownProblems).map((e) => `${place(e.pos[0])}: ${e.message}`) };
    }
    const doubled = findDoubledKey(file);
    if (doubled)
      return { problems: [`${place(doubled.range?.[0])}: the key ${JSON.stringify(doubled.value)} comes twice`] };
    // Aliases (`*name`) let a few lines unfold to any size, and no bridge writes them.
    root = file.toJS({ maxAliasCount: 0 }) as unknown;
  } catch (error) {
    return { problems: [`${name}: ${(error as Error).message}`] };
  }
  const problems = validate(root)
    ? checkRegistration(readRegistration(root as JsonObject), serverName)
    : (validate.errors ?? []).map(describeSchemaError);
  if (problems.length === 0) return { registration: readRegistration(root as JsonObject), document: keepKnown(root) };
  return {
    problems: problems
      .slice(0, shownProblems)
      .map(({ path, sentence }) => `${place(findOffset(file, path))}: ${sentence}`),
  };
}

/** A key that a map has before. */
function findDoubledKey(file: Document.Parsed): Scalar | undefined {
  let doubled: Scalar | undefined;
  visit(file, {
    Map(_, map) {
      const keys = new Set<unknown>();
      doubled ??= map.items
        .flatMap(({ key }) => (isScalar(key) ? [key] : []))
        .find(({ value }) => {
          if (keys.has(value)) return true;
          keys.add(value);
          return false;
        });
      return doubled ? visit.BREAK : undefined;
    },
  });
  return doubled;
}

/** What the schema cannot say. */
function checkRegistration(registration: Registration, serverName: string): Problem[] {
  const { url, senderLocalpart, namespaces } = registration;
  const problems: Problem[] = [];
  const refuse = (path: Problem['path'], sentence: string) => problems.push({ path, sentence });
  const urlProblem = url === null ? undefined : findUrlProblem(url);
  if (urlProblem) refuse(['url'], urlProblem);
  if (!parseUserId(`@${senderLocalpart}:${serverName}`)) {
    refuse(['sender_localpart'], 'sender_localpart makes no user id: it is the part between @ and the first colon');
  }
  let characters = 0;
  for (const kind of namespaceKinds) {
    for (const [index, { regex }] of namespaces[kind].entries()) {
      characters += measureRegex(regex);
      if (characters > mostRegexCharacters) {
        refuse(
          ['namespaces', kind, index],
          `the regular expressions stand for more than ${mostRegexCharacters} characters`,
        );
        return problems;
      }
      try {
        compileRegex(regex);
      } catch (error) {
        const sentence = `the regular expression ${JSON.stringify(regex)} cannot be used: ${(error as Error).message}`;
        refuse(['namespaces', kind, index, 'regex'], sentence);
      }
    }
  }
  return problems;
}

function findUrlProblem(url: string): string | undefined {
  if (!URL.canParse(url)) return `url is no URL: ${JSON.stringify(url)}`;
  const { protocol, username, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return 'url must begin with http:// or https://';
  return username !== '' || search !== '' || hash !== '' ? 'url must have no user, query or fragment' : undefined;
}

function describeSchemaError(error: ErrorObject): Problem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((part) => (/^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~')));
  const where = path.length === 0 ? 'the registration' : path.join('.');
  return { path, sentence: `${where} ${error.message ?? 'is wrong'}` };
}

/** The place of the nearest node that is there. */
function findOffset(file: Document.Parsed, path: readonly (string | number)[]): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const node = file.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return isNode(file.contents) ? file.contents.range?.[0] : undefined;
}

/** What is stored of a file: nothing that nobody reads. */
function keepKnown(root: unknown): JsonObject {
  const names = Object.keys(registrationSchema.properties);
  return Object.fromEntries(Object.entries(root as JsonObject).filter(([name]) => names.includes(name)));
}
