import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { bundle, programs } from "../../../scripts/build/bundle.ts";
import { fillCapsule } from "../../../src/builder/cells/capsule.ts";
import { node } from "../cell/serveCell.ts";

const repository = resolve(import.meta.dirname, "../../..");

/**
 * Creates the capsule in `folder` as the image does: with the list of the Dockerfile's instruction, and the cell
 * bundles.
 */
export async function aCapsule(folder: string): Promise<void> {
  const app = `${folder}-image`;
  mkdirSync(app, { recursive: true });
  for (const name of ["cell-serve", "cell-probe", "cell"] as const)
    await bundle(join(repository, programs[name]), name, app);
  execFileSync("sh", ["-ec", listInstruction().replaceAll("/app/", `${app}/`)], {
    env: { PATH: `${resolve(node, "..")}:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
  await fillCapsule(folder, join(app, "capsule.list"));
  rmSync(app, { recursive: true });
}

function listInstruction(): string {
  const dockerfile = readFileSync(join(repository, "Dockerfile"), "utf8").replaceAll("\\\n", "");
  const [, command] = /^RUN mkdir \/app && (.*)$/m.exec(dockerfile) ?? [];
  if (command === undefined) throw new Error("the Dockerfile has no instruction that writes the list of the capsule");
  return command;
}
