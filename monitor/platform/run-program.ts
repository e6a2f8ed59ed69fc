import { execFile } from 'node:child_process';

const maxOutputBytes = 256 * 1024;

/**
 * Runs a program of the system and gives what it prints; undefined where it is not there, fails or takes too long. What it
 * is told comes over standard input, which stays open: a program that reads it sees our end by its end.
 */
export function runProgram(
  program: string,
  args: readonly string[],
  timeoutMs: number,
  input?: string,
): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' as const };
    const child = execFile(program, [...args], options, (error, output) => resolve(error ? undefined : output));
    if (input === undefined) return;
    child.stdin?.on('error', () => {});
    child.stdin?.write(input);
  });
}
