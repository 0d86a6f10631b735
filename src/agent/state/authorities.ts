import { readFileSync } from "node:fs";
import { isAbsolute } from "node:path";
import tls from "node:tls";
import { certificatesIn } from "../../core/host/authorities.ts";
import { messageOf } from "../../system/messageOf.ts";

/**
 * The file with private authorities that the environment of `enrol` names. Empty: none. Undefined: no word about it.
 * Throws an Error for people if the path is relative: the agent starts in another folder.
 */
export function authoritiesIn({ NODE_EXTRA_CA_CERTS: file }: NodeJS.ProcessEnv): string | undefined {
  if (file !== undefined && file !== "" && !isAbsolute(file))
    throw new Error(`NODE_EXTRA_CA_CERTS: expected an absolute path, found ${JSON.stringify(file)}`);
  return file;
}

/**
 * Lets all requests of this process trust the authorities in the file too, apart from those with authorities of their
 * own. Throws an Error for people if the file or this Node cannot be used.
 */
export function useAuthorities(file: string | undefined): void {
  if (!file) return;
  if (typeof tls.setDefaultCACertificates !== "function")
    throw new Error(
      `Node ${process.versions.node} cannot use ${file}: expected Node 24.5 or newer; install it, or enrol with an empty NODE_EXTRA_CA_CERTS`,
    );
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates("default"), ...certificatesIn(readFileSync(file, "utf8"))]);
  } catch (error) {
    throw new Error(`the authorities in ${file} cannot be used (${messageOf(error)}); restore the file`, {
      cause: error,
    });
  }
}
