import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '@holdfast/effects/random.ts';
import { BridgeConfigError } from './load-bridge-config.ts';

const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** Encrypts what is stored (AES-256-GCM) and signs what is handed out (HMAC-SHA-256), with the key of the key file. */
export interface SecretBox {
  /** `purpose` binds the ciphertext to what it is for: it opens for nothing else. */
  seal(text: string, purpose: string): Uint8Array;
  /** Undefined when it was sealed with another key or for another purpose. */
  open(sealed: Uint8Array, purpose: string): string | undefined;
  sign(text: string): string;
  isSigned(text: string, signature: string): boolean;
}

/** Reads the key, or makes it. Without the file stored passwords are lost, and nothing else. */
export function openSecretBox(path: string, random: Random): SecretBox {
  let key: Buffer;
  try {
    key = Buffer.from(readFileSync(path, 'utf8').trim(), 'base64url');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new BridgeConfigError([`${path}: ${message}`]);
    key = Buffer.from(random.bytes(keyBytes));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, `${key.toString('base64url')}\n`, { mode: 0o600, flag: 'wx' });
  }
  if (key.length !== keyBytes) throw new BridgeConfigError([`${path}: it is no key: delete it to have a new one made`]);
  return makeSecretBox(key, random);
}

/** As openSecretBox, with the key given. */
export function makeSecretBox(key: Uint8Array, random: Random): SecretBox {
  // Two keys from one: what is signed must say nothing about what is encrypted.
  const derive = (use: string) => createHmac('sha256', key).update(use).digest();
  const [sealingKey, signingKey] = [derive('seal'), derive('sign')];
  const sign = (text: string) => createHmac('sha256', signingKey).update(text).digest('base64url');
  return {
    sign,
    seal(text, purpose) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv('aes-256-gcm', sealingKey, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), body]);
    },
    open(sealed, purpose) {
      const bytes = Buffer.from(sealed);
      if (bytes.length < nonceBytes + tagBytes) return undefined;
      const cipher = createDecipheriv('aes-256-gcm', sealingKey, bytes.subarray(0, nonceBytes));
      cipher.setAAD(Buffer.from(purpose)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
      try {
        return Buffer.concat([cipher.update(bytes.subarray(nonceBytes + tagBytes)), cipher.final()]).toString();
      } catch {
        return undefined;
      }
    },
    isSigned(text, signature) {
      const [right, given] = [Buffer.from(sign(text)), Buffer.from(signature)];
      return right.length === given.length && timingSafeEqual(right, given);
    },
  };
}
