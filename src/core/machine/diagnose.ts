import { diagnoseApi } from "./account.ts";
import type { FolderFacts, MachineFacts } from "./facts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** What the facts mean for builds, in reading order: the machine, its disk, the pool files, and what they lead to. */
export function diagnoseMachine(facts: MachineFacts): readonly Finding[] {
  return [
    system(facts),
    ...facts.programs.map((program) => programFinding(program, facts.platform)),
    python(facts),
    processes(facts),
    users(facts),
    ...folder(facts.folder),
    pages(facts),
    ...files(facts),
    ...facts.apis.flatMap(diagnoseApi),
    ...facts.repositories.map(repository),
    ...(facts.tools ?? []).map(tool),
  ];
}

function system({ platform, node }: MachineFacts): Finding {
  if (platform === "linux") return ok("system", `Linux, Node ${node}`);
  if (platform === "darwin") return ok("system", `macOS, Node ${node}`);
  return fail("system", `${platform} is neither Linux nor macOS`, "run builderpool on one of the two");
}

function programFinding({ name, version }: MachineFacts["programs"][number], platform: string): Finding {
  return version === undefined
    ? fail(name, `${name} cannot be run, which builds need`, install(platform, name))
    : ok(name, version);
}

function python({ python: found, platform }: MachineFacts): Finding {
  if (found !== undefined) return ok("python", `${found} can make virtual environments`);
  const what = "no python3 in PATH can make a virtual environment, in which aliBuild is installed";
  return fail("python", what, install(platform, platform === "darwin" ? "python3" : "python3-venv"));
}

function install(platform: string, name: string): string {
  return platform === "darwin"
    ? `brew install ${name}`
    : `apt-get install -y ${name} (or dnf install -y ${name.replace("-venv", "")})`;
}

function processes({ isolated, platform }: MachineFacts): Finding {
  if (isolated) return ok("processes", "each build has a process table of its own: nothing it starts survives it");
  const found = "what a build leaves behind is found by a mark in its environment, which a build can remove";
  if (platform !== "linux") return warn("processes", `there are no PID namespaces here: ${found}`);
  return warn(
    "processes",
    `PID namespaces are not to be had: ${found}`,
    "start as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or the AppArmor one)",
  );
}

function users({ users: { meaning, fate } }: MachineFacts): Finding {
  if (fate === "refused") return fail("user", meaning);
  return fate === "apart" ? ok("user", meaning) : warn("user", meaning);
}

/** Below that not even the tools can be installed. */
const leastFree = 2e9;

function folder({ path, exists, running, trouble, caseSensitive, free, wanted }: FolderFacts): readonly Finding[] {
  if (trouble !== undefined)
    return [fail("folder", `${path}: ${trouble}`, "name another one with --work-dir, or let this user write there")];
  const state = running ? "a `builderpool up` works in it" : exists ? "can be written" : "can be made";
  const space = `${gigabytes(free)} free at ${path}`;
  return [
    ok("folder", `${path}: ${state}`),
    caseSensitive
      ? ok("letters", "names that differ in capitals only are two files, as ALICE's sources need")
      : warn(
          "letters",
          `the disk of ${path} does not tell capitals from small letters: some of ALICE's packages do not build there`,
          "put the work folder on a case-sensitive volume (Disk Utility, APFS (Case-sensitive)) and name it with --work-dir",
        ),
    free < leastFree
      ? fail("space", space, "free space there, or name another work folder with --work-dir")
      : free < wanted
        ? warn("space", `${space}; pools want ${gigabytes(wanted)} (spec.cleanup.minFree): trees go cold sooner`)
        : ok("space", space),
  ];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function pages({ pages: { address, trouble } }: MachineFacts): Finding {
  const what = `result pages and metrics at ${address}`;
  if (trouble === undefined) return ok("pages", `${what}: the port is free`);
  if (trouble === "ours") return ok("pages", `${what}: the running \`builderpool up\` has the port`);
  const todo = "name a free one with --listen: links on GitHub keep leading to it";
  if (trouble === "taken") return warn("pages", `${what}: another program has the port`, todo);
  return fail("pages", `${what}: ${trouble.because}`, todo);
}

function files({ files: { pools, problems, notes } }: MachineFacts): readonly Finding[] {
  if (pools === undefined) return [warn("files", "no pool file was looked at", "name yours with -f pool.yaml")];
  return [
    pools.length === 0
      ? fail("files", "the files hold no usable BuilderPool")
      : ok("files", `can be used: ${pools.join(", ")}`),
    ...problems.map((problem) => fail("files", problem)),
    ...notes.map((sentence) => warn("files", sentence)),
  ];
}

function repository({ address, branch, trouble }: MachineFacts["repositories"][number]): Finding {
  const what = `${address}${branch === undefined ? "" : ` ${branch}`}`;
  return trouble === undefined
    ? ok("git", `${what} can be fetched`)
    : fail("git", `${what}: ${trouble}`, "correct repository, branch or spec.github.gitUrl, or the way to the network");
}

function tool({ name, trouble }: NonNullable<MachineFacts["tools"]>[number]): Finding {
  return trouble === undefined
    ? ok("aliBuild", `${name} can be had from the package index`)
    : fail("aliBuild", `${name}: ${trouble}`, "correct tool.alibuild, or the way to the index (PIP_INDEX_URL)");
}
