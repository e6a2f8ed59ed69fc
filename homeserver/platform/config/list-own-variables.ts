/** The settings that stand in the environment, for a Holdfast that is started without the rest of it. */
export function listOwnVariables(): Record<string, string | undefined> {
  // Which file is read is said to it in another way.
  const own = Object.entries(process.env).filter(([name]) => /^HOLDFAST_(?!CONFIG$)/.test(name));
  return Object.fromEntries(own);
}
