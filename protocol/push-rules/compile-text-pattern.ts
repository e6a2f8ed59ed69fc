import { compileGlob, type GlobOptions } from '../globs/compile-glob.ts';
import type { PreparedPushEvent } from './push-event.ts';

/** Whether a text of an event, its case folded, matches. */
export type TextPattern = (event: PreparedPushEvent, text: string) => boolean;

/**
 * Compiles a pattern, its case folded, that is compared with a text of an event: the whole of it, or parts at word
 * boundaries.
 *
 * Whoever sends a message waits for the patterns of all members, and both may mean harm: a text of 64 kB, and members
 * with hundreds of patterns. So a plain word, which nearly all key words are, is looked up among the words of the text;
 * another pattern is tried only where its longest plain part occurs; and what is tried after that takes from a budget
 * that the event has for all members. A pattern for which nothing is left does not match. A text of ordinary length
 * never gets there.
 */
export function compileTextPattern(pattern: string, options: GlobOptions): TextPattern {
  if (options.match === 'words' && /^[a-z0-9_]+$/.test(pattern))
    return (event, text) => wordsOf(event, text).has(pattern);
  const glob = compileGlob(pattern, options);
  const wildcards = options.wildcards === 'none' ? /(?!)/ : /[*?]/;
  const plainPart = pattern
    .split(wildcards)
    .reduce((longest, part) => (part.length > longest.length ? part : longest), '');
  const passes = Math.ceil(pattern.length / 32);
  return (event, text) => text.includes(plainPart) && spendSteps(event, text.length * passes) && glob(text);
}

function wordsOf(event: PreparedPushEvent, text: string): ReadonlySet<string> {
  let words = event.words.get(text);
  if (words === undefined) event.words.set(text, (words = new Set(text.match(/[A-Za-z0-9_]+/g))));
  return words;
}

function spendSteps(event: PreparedPushEvent, steps: number): boolean {
  event.stepsLeft -= steps;
  return event.stepsLeft >= 0;
}
