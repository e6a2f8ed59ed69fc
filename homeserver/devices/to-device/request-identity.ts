import { hash } from 'node:crypto';

/** A request that comes again is recognised while the shard's log goes on by so many entries. */
export const rememberedPositions = 1_000_000;
/** Every so many positions what is older is dropped. */
export const forgetEvery = 1_024;

/** SHA-256 of what names a request to send to devices, base64. */
export function requestIdentity(parts: readonly string[]): string {
  return hash('sha256', JSON.stringify(parts), 'base64');
}
