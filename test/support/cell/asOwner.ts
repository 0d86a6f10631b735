/** A user without an account, the owner of the trees of a test that runs as root. */
export const owner = 78_001;
export const isRoot = process.getuid?.() === 0;

/** Runs the action with the rights of the owner. Root would ignore all modes. */
export async function asOwner<T>(action: () => T | Promise<T>): Promise<T> {
  if (!isRoot) return await action();
  process.setegid?.(owner);
  process.seteuid?.(owner);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
    process.setegid?.(0);
  }
}
