/** The cryptography that the protocol core is given, so that it depends on no library. All bytes are raw. */
export interface CryptoPrimitives {
  /** 32 bytes. */
  sha256(bytes: Uint8Array): Uint8Array;
  /** The 64 bytes of an Ed25519 signature. What a secret key looks like is between the caller and this function. */
  sign(bytes: Uint8Array, secretKey: Uint8Array): Uint8Array;
  /** False for anything wrong, a key or signature of the wrong length included; never throws. */
  verify(bytes: Uint8Array, signature: Uint8Array, publicKey: Uint8Array): boolean;
}

/** A key that an entity signs with: a server, or in tests anybody. */
export interface SigningKey {
  /** The entity's name in `signatures`: a server name. */
  readonly name: string;
  /** `ed25519:version`. */
  readonly keyId: string;
  readonly secretKey: Uint8Array;
}
