import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { cached, hashOf } from "./cache.ts";
import { during } from "./progress.ts";

/** A program compiled from Go modules: our own module in `folder`, or a public `package@version`. */
export interface GoProgram {
  readonly name: string;
  readonly source: { readonly folder: string } | { readonly package: string };
  readonly flags: readonly string[];
  /** Name and expected duration, for progress messages. */
  readonly title: string;
}

const environment = { CGO_ENABLED: "0", GOWORK: "off" };

/** Minor version. Older versions cannot download the Go version of a module. */
const oldestGo = 21;

/** The path of the compiled program. Compiles once for each content of go.sum, sources and flags. */
export async function goProgram(program: GoProgram): Promise<string> {
  const folder = await cached(program.name, await keyOf(program), (target) =>
    during(`compiling ${program.title}`, async (reached) => {
      await checkGo();
      const { command, options } = compilation(program, target);
      const compiler = execa("nice", ["go", ...command], {
        ...options,
        stdin: "ignore",
        stdout: "ignore",
        reject: false,
      });
      const messages: string[] = [];
      let packages = 0;
      for await (const line of createInterface({ input: compiler.stderr })) {
        if (/^[a-z0-9.]+(\/\S+)?$/i.test(line)) reached(`${++packages} packages`);
        else messages.push(line);
      }
      const { failed, shortMessage } = await compiler;
      if (failed)
        throw new Error(`Could not compile ${program.name}: ${shortMessage}\n${messages.slice(-20).join("\n")}`);
    }),
  );
  return join(folder, program.name);
}

async function checkGo(): Promise<void> {
  const { stdout = "" } = await execa("go", ["env", "GOVERSION"], { reject: false });
  const minor = Number(/^go1\.(\d+)/.exec(stdout)?.[1] ?? 0);
  if (minor >= oldestGo) return;
  const found = minor === 0 ? "none" : stdout;
  throw new Error(
    `The test cluster needs Go 1.${oldestGo} or newer to compile, and this machine has ${found}: install Go from https://go.dev/dl, then retry`,
  );
}

async function keyOf({ name, source, flags }: GoProgram): Promise<string> {
  if ("package" in source) return hashOf([name, source.package, ...flags]);
  const files = (await readdir(source.folder)).filter((file) => /^go\.sum$|\.go$/.test(file)).sort();
  return hashOf([...flags, ...(await Promise.all(files.map((file) => readFile(join(source.folder, file)))))]);
}

function compilation({ name, source, flags }: GoProgram, target: string) {
  if ("folder" in source) {
    return {
      command: ["build", "-v", "-mod=readonly", "-trimpath", ...flags, "-o", join(target, name), "."],
      options: { cwd: source.folder, env: environment },
    };
  }
  return {
    command: ["install", "-v", "-trimpath", ...flags, source.package],
    options: { cwd: target, env: { ...environment, GOBIN: target } },
  };
}
