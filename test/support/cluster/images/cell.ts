import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { toolsBase } from "./bases.ts";
import { archiveOf, builtImage } from "./buildah.ts";

/** The default of a check. */
const requirement = "alibuild==1.17.44";
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
  const image = await builtImage("cell", [containerfile, requirement, pythonVersion], async (context) => {
    const forBase = ["--only-binary=:all:", `--python-version=${pythonVersion}`, "--platform=manylinux2014_x86_64"];
    const wheels = ["--quiet", `--dest=${join(context, "wheels")}`, requirement];
    // python3 of Debian has no pip; a virtual environment has one.
    await execa("python3", ["-I", "-m", "venv", join(context, "venv")]);
    const python = join(context, "venv/bin/python");
    await execa(python, ["-m", "pip", "download", ...forBase, "--implementation=cp", ...wheels]);
    // A file, as a cell drops the environment variables of its image.
    await writeFile(join(context, "pip.conf"), "[global]\nno-index = true\nfind-links = /opt/wheels\n");
    await writeFile(join(context, "Containerfile"), containerfile);
  });
  return { image, archive: await archiveOf(image) };
}
