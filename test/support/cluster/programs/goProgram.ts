import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { execa } from "execa";
import { cached, hashOf } from "./cache.ts";
import { during } from "./progress.ts";

/** A program that is compiled from Go modules: a module of ours in `folder`, or `package@version` of somebody else's. */
export interface GoProgram {
  readonly name: string;
  readonly source: { readonly folder: string } | { readonly package: string };
  readonly flags: readonly string[];
  /** Said to people who wait: what it is and how long it may take. */
  readonly what: string;
}

const environment = { CGO_ENABLED: "0", GOWORK: "off" };

/** Older ones cannot fetch the Go that a module asks for. */
const oldestGo = 21;

/** The path of the compiled program; compiles it once for each content of go.sum, sources and flags. */
export async function goProgram(program: GoProgram): Promise<string> {
  const folder = await cached(program.name, await keyOf(program), (target) =>
    during(`compiling ${program.what}`, async (reached) => {
      await checkGo();
      const { command, options } = compilation(program, target);
      const compiler = execa("nice", ["go", ...command], {
        ...options,
        stdin: "ignore",
        stdout: "ignore",
        reject: false,
      });
      const words: string[] = [];
      let packages = 0;
      for await (const line of createInterface({ input: compiler.stderr })) {
        if (/^[a-z0-9.]+(\/\S+)?$/i.test(line)) reached(`${++packages} packages`);
        else words.push(line);
      }
      const { failed, shortMessage } = await compiler;
      if (failed) throw new Error(`Could not compile ${program.name}: ${shortMessage}\n${words.slice(-20).join("\n")}`);
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
    `The test cluster is compiled with Go 1.26 and found ${found}; install it from https://go.dev/dl, then try again`,
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
