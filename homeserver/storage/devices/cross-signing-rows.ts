export const crossSigningUsages = ['master', 'self_signing', 'user_signing'] as const;
export type CrossSigningUsage = (typeof crossSigningUsages)[number];

export interface StoredCrossSigningKey {
  readonly userId: string;
  readonly usage: CrossSigningUsage;
  /** Unpadded base64. */
  readonly publicKey: string;
  /** JSON text as uploaded. */
  readonly body: string;
}

export interface StoredKeySignature {
  /** Whose key is signed: a device id, or the public key of a cross-signing key. */
  readonly userId: string;
  readonly keyName: string;
  readonly signerId: string;
  readonly signerKeyId: string;
  readonly signature: string;
}
