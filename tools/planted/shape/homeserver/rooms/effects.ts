import { setTimeout as wait } from 'node:timers/promises'; // breaks: effects
import { env } from 'node:process'; // breaks: effects
import process from 'node:process';

export const effects = 1;
export const now = () => Date.now(); // breaks: effects
export const date = () => new Date(); // breaks: effects
export const parsed = (text: string) => new Date(text);
export const dice = () => Math.random(); // breaks: effects
export const largest = () => Math.max(1, 2);
export const started = globalThis.performance.timeOrigin;
export const mark = () => performance.now(); // breaks: effects
export const later = (done: () => void) => setTimeout(done, 10); // breaks: effects
export const afterwards = (done: () => void) => globalThis.setTimeout(done, 10); // breaks: effects
export const often = setInterval; // breaks: effects
export const get = () => fetch('https://example.org'); // breaks: effects
export const id = () => crypto.randomUUID(); // breaks: effects
export const home = () => process.env.HOME; // breaks: effects
export const type: typeof fetch | undefined = undefined;
export const timer = (clock: { setTimeout(): void }) => clock.setTimeout();
