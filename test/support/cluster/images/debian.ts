import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** Installs a minimal Debian with these packages into `folder`, from the Debian archive of this machine. */
export async function debootstrap(folder: string, packages: readonly string[]): Promise<void> {
  const { codename, mirror } = await archive();
  await execa("debootstrap", ["--variant=minbase", `--include=${packages.join(",")}`, codename, folder, mirror]);
  // The runtime creates devices at the start of a container. The other folders are not needed in images.
  const emptied = ["dev", "var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"];
  for (const name of emptied) {
    await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, name), { recursive: true });
  }
}

async function archive(): Promise<{ readonly codename: string; readonly mirror: string }> {
  const format = "$(CODENAME) $(REPO_URI) $(COMPONENT) $(ORIGIN)";
  const { stdout } = await execa("apt-get", ["indextargets", "--format", format, "Created-By: Packages"]);
  const own = stdout
    .split("\n")
    .map((line) => line.split(" "))
    .find(([codename, , component, origin]) => {
      return /^[a-z]+$/.test(codename ?? "") && component === "main" && origin === "Debian";
    });
  const [codename, mirror] = own ?? [];
  if (codename === undefined || mirror === undefined) {
    throw new Error("apt on this machine has no Debian archive, which images are built from; run: apt-get update");
  }
  return { codename, mirror };
}
