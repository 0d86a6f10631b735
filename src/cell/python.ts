import { delimiter, join } from "node:path";
import type { Hands } from "./hands.ts";
import { runShort } from "./hands.ts";

const names = ["python3", "python3.13", "python3.12", "python3.11", "python3.10", "python3.9"];

/** The first python of PATH that this user may run and that can make a virtual environment. */
export async function findPython(hands: Hands): Promise<string | undefined> {
  const folders = new Set([...(hands.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"]);
  for (const name of names) {
    for (const folder of folders) {
      if (!folder.startsWith("/")) continue;
      const python = join(folder, name);
      const ended = await runShort(hands, python, ["-I", "-c", "import venv, ensurepip"]);
      if (ended.exitCode === 0) return python;
    }
  }
  return undefined;
}

/** What to type where no python is fit. */
export const installPython = "apt-get install -y python3-venv (or dnf install -y python3)";
