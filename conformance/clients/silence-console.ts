/** The client SDK and its cryptography tell their steps to the console, whatever logger they are given. */
export function silenceConsole(): void {
  for (const method of ['log', 'info', 'debug', 'warn', 'error', 'trace'] as const) console[method] = () => {};
}
