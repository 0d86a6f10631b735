import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { checkDefaults } from "../../../../src/api/objects/checkDefaults.ts";
import { lockedRequirementsOf } from "../../../../src/cell/tool/requirements.ts";
import { toolsBase } from "./bases.ts";
import { archiveOf, builtImage } from "./buildah.ts";

/** The default of a check. */
const requirements = lockedRequirementsOf(checkDefaults.tool.alibuild) ?? "";
/** Python of the tools image. pip ignores wheels for other versions. */
const pythonVersion = "3.11";

/**
 * Builds the image for test builds: a compiler, Python, git, and the wheels of aliBuild and its dependencies.
 * The wheels are in the image because pods reach no package index. Returns the name and the archive of the image.
 */
export async function cellImage(): Promise<{ readonly image: string; readonly archive: string }> {
  const base = await toolsBase();
  const containerfile = `FROM ${base}
COPY wheels /opt/wheels
COPY pip.conf /etc/pip.conf
CMD ["/bin/bash"]
`;
  const image = await builtImage("cell", [containerfile, requirements, pythonVersion], async (context) => {
    const forBase = ["--only-binary=:all:", `--python-version=${pythonVersion}`, "--platform=manylinux2014_x86_64"];
    await downloadWheels(context, [...forBase, "--implementation=cp"]);
    // A file, as a cell drops the environment variables of its image.
    await writeFile(join(context, "pip.conf"), "[global]\nno-index = true\nfind-links = /opt/wheels\n");
    await writeFile(join(context, "Containerfile"), containerfile);
  });
  return { image, archive: await archiveOf(image) };
}

/** Downloads aliBuild and its dependencies into the folder `wheels` of a folder, for pip with `no-index`. */
export async function downloadWheels(folder: string, platform: readonly string[] = []): Promise<void> {
  const list = join(folder, "requirements.txt");
  await writeFile(list, requirements);
  // python3 of Debian has no pip; a virtual environment has one.
  await execa("python3", ["-I", "-m", "venv", join(folder, "venv")]);
  const wheels = ["--quiet", `--dest=${join(folder, "wheels")}`, "--require-hashes", `--requirement=${list}`];
  await execa(join(folder, "venv/bin/python"), ["-m", "pip", "download", ...platform, ...wheels]);
}
