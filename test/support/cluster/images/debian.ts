import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";

/** A Debian without a kernel and with these packages, in `folder`, from where this machine gets its own. */
export async function debootstrap(folder: string, packages: readonly string[]): Promise<void> {
  const { codename, mirror } = await archive();
  await execa("debootstrap", ["--variant=minbase", `--include=${packages.join(",")}`, codename, folder, mirror]);
  // A container gets its devices when it starts; the rest nobody reads there.
  const dead = ["dev", "var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "usr/share/locale"];
  for (const name of dead) {
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
    throw new Error("apt on this machine has no Debian archive from which images could be built; run: apt-get update");
  }
  return { codename, mirror };
}
