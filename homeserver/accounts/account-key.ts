/**
 * The key of all commands that change an account, its devices or its sessions: they run one after another, each on what
 * the one before has committed.
 */
export function accountKey({ userId }: { readonly userId: string }): string {
  return `account ${userId}`;
}
