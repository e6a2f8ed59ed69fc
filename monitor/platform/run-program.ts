import { execFile } from 'node:child_process';

const maxOutputBytes = 256 * 1024;

/** Runs a program of the system and gives what it prints; undefined where it is not there, fails or takes too long. */
export function runProgram(program: string, args: readonly string[], timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const options = { timeout: timeoutMs, maxBuffer: maxOutputBytes, killSignal: 'SIGKILL' as const };
    execFile(program, [...args], options, (error, output) => resolve(error ? undefined : output));
  });
}
