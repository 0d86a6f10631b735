import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { toolsBase } from "./bases.ts";
import { archiveOf, builtImage } from "./buildah.ts";

/** The default of a check. */
const requirement = "alibuild==1.17.44";
/** Of the tools base: wheels for another one are not even looked at. */
const pythonVersion = "3.11";

/**
 * An image in which the builds of tests run: a compiler, Python and git, and aliBuild with all it needs lying ready, as pods
 * reach no package index. The name under which it is loaded, and where it lies.
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
    // Debian's python3 comes without pip; a virtual environment has one.
    await execa("python3", ["-I", "-m", "venv", join(context, "venv")]);
    const python = join(context, "venv/bin/python");
    await execa(python, ["-m", "pip", "download", ...forBase, "--implementation=cp", ...wheels]);
    // A cell hands no variable of its image on, so that this stands in a file.
    await writeFile(join(context, "pip.conf"), "[global]\nno-index = true\nfind-links = /opt/wheels\n");
    await writeFile(join(context, "Containerfile"), containerfile);
  });
  return { image, archive: await archiveOf(image) };
}
