import { delimiter, join } from "node:path";

const names = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9"];

/**
 * The first python of PATH that can create a virtual environment. `works` runs a command and resolves with its success.
 */
export async function findPython(
  path: string | undefined,
  works: (command: string, args: readonly string[]) => Promise<boolean>,
): Promise<string | undefined> {
  const folders = new Set([...(path ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]);
  for (const name of names) {
    for (const folder of folders) {
      if (!folder.startsWith("/")) continue;
      const python = join(folder, name);
      if (await works(python, ["-I", "-c", "import venv, ensurepip"])) return python;
    }
  }
  return undefined;
}

/** The command that installs a suitable python, for error messages. */
export const installPython = "apt-get install -y python3-venv (or dnf install -y python3)";
