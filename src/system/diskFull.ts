import { constants } from "node:os";

/**
 * Whether a file operation failed because the disk is full or a quota is exceeded. Node has no name for EDQUOT (its
 * code is `Unknown system error -122`), so the number is compared.
 */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, errno } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EDQUOT" || errno === -constants.errno.EDQUOT;
}
