import { diagnoseApi } from "./account.ts";
import type { FolderFacts, MachineFacts } from "./facts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";

/** Returns findings in reading order: the machine, its disk, the pool files, GitHub, repositories and tools. */
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
  return fail("system", `${platform} is neither Linux nor macOS`, "run builderpool on Linux or macOS");
}

function programFinding({ name, version }: MachineFacts["programs"][number], platform: string): Finding {
  return version === undefined
    ? fail(name, `${name} cannot be run, but builds need it`, install(platform, name))
    : ok(name, version);
}

function python({ python: found, platform }: MachineFacts): Finding {
  if (found !== undefined) return ok("python", `${found} can create virtual environments`);
  const message = "no python3 in PATH can create a virtual environment, and aliBuild needs one";
  return fail("python", message, install(platform, platform === "darwin" ? "python3" : "python3-venv"));
}

function install(platform: string, name: string): string {
  return platform === "darwin"
    ? `brew install ${name}`
    : `apt-get install -y ${name} (or dnf install -y ${name.replace("-venv", "")})`;
}

function processes({ isolated, platform }: MachineFacts): Finding {
  if (isolated) return ok("processes", "each build has its own process table: no process survives its build");
  const cleanup = "leftover processes are found by a mark in their environment, but a build can remove the mark";
  if (platform !== "linux") return warn("processes", `this system has no PID namespaces: ${cleanup}`);
  return warn(
    "processes",
    `PID namespaces are not available: ${cleanup}`,
    "start as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or the AppArmor one)",
  );
}

function users({ users: { meaning, fate } }: MachineFacts): Finding {
  if (fate === "refused") return fail("user", meaning);
  return fate === "apart" ? ok("user", meaning) : warn("user", meaning);
}

/** Smallest free space in bytes. With less, not even the tools can be installed. */
const leastFree = 2e9;

function folder({ path, exists, running, trouble, caseSensitive, free, wanted }: FolderFacts): readonly Finding[] {
  if (trouble !== undefined)
    return [
      fail("folder", `${path}: ${trouble}`, "name another folder with --work-dir, or give this user write access"),
    ];
  const state = running ? "a `builderpool up` uses it" : exists ? "writable" : "can be created";
  const space = `${gigabytes(free)} free at ${path}`;
  return [
    ok("folder", `${path}: ${state}`),
    caseSensitive
      ? ok("letters", "file names are case-sensitive, as the sources of ALICE need")
      : warn(
          "letters",
          `the disk of ${path} is not case-sensitive: some packages of ALICE do not build there`,
          "put the work folder on a case-sensitive volume (Disk Utility, APFS (Case-sensitive)) and name it with --work-dir",
        ),
    free < leastFree
      ? fail("space", space, "delete files on this disk, or name another work folder with --work-dir")
      : free < wanted
        ? warn(
            "space",
            `${space}; pools want ${gigabytes(wanted)} (spec.cleanup.minFree), so build trees are deleted earlier`,
          )
        : ok("space", space),
  ];
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

function pages({ pages: { address, trouble } }: MachineFacts): Finding {
  const subject = `result pages and metrics at ${address}`;
  if (trouble === undefined) return ok("pages", `${subject}: the port is free`);
  if (trouble === "ours") return ok("pages", `${subject}: the running \`builderpool up\` has the port`);
  const todo = "name a free port with --listen, and keep it: links on GitHub contain it";
  if (trouble === "taken") return warn("pages", `${subject}: another program has the port`, todo);
  return fail("pages", `${subject}: ${trouble.because}`, todo);
}

function files({ files: { pools, problems, notes } }: MachineFacts): readonly Finding[] {
  if (pools === undefined) return [warn("files", "no pool file was checked", "name one with -f pool.yaml")];
  return [
    pools.length === 0
      ? fail("files", "the files hold no usable BuilderPool")
      : ok("files", `usable pools: ${pools.join(", ")}`),
    ...problems.map((problem) => fail("files", problem)),
    ...notes.map((sentence) => warn("files", sentence)),
  ];
}

function repository({ address, branch, trouble }: MachineFacts["repositories"][number]): Finding {
  const remote = `${address}${branch === undefined ? "" : ` ${branch}`}`;
  return trouble === undefined
    ? ok("git", `${remote} can be fetched`)
    : fail("git", `${remote}: ${trouble}`, "correct repository, branch, spec.github.gitUrl or the network connection");
}

function tool({ name, trouble }: NonNullable<MachineFacts["tools"]>[number]): Finding {
  return trouble === undefined
    ? ok("aliBuild", `${name} is available in the package index`)
    : fail("aliBuild", `${name}: ${trouble}`, "correct tool.alibuild, or the address of the index (PIP_INDEX_URL)");
}
