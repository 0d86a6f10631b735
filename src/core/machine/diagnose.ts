import { diagnoseApi } from "./account.ts";
import { isKnownArchitecture } from "./architecture.ts";
import type { FolderFacts, MachineFacts } from "./facts.ts";
import { type Finding, fail, ok, warn } from "./finding.ts";
import { gitTroubleOf } from "./gitVersion.ts";

/** Returns findings in reading order: the machine, its disk, the pool files, GitHub, repositories and tools. */
export function diagnoseMachine(facts: MachineFacts): readonly Finding[] {
  return [
    system(facts),
    ...facts.programs.map((program) => programFinding(program, facts.platform)),
    python(facts),
    processes(facts),
    users(facts),
    ...isolation(facts),
    limits(facts),
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
  if (version === undefined) return fail(name, `${name} cannot be run, but builds need it`, install(platform, name));
  const trouble = name === "git" ? gitTroubleOf(version) : undefined;
  return trouble === undefined ? ok(name, version) : fail(name, trouble, "install a newer git");
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

function processes({ isolation, platform }: MachineFacts): Finding {
  if (isolation.processes)
    return ok("processes", "each build has its own process table: no process survives its build");
  const cleanup = "leftover processes are found by a mark in their environment, but a build can remove the mark";
  if (platform !== "linux") return warn("processes", `this system has no PID namespaces: ${cleanup}`);
  return warn(
    "processes",
    `PID namespaces are not available: ${cleanup}`,
    "start as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, or the AppArmor one)",
  );
}

/** The fence of files and IPC objects. Without users of their own, builds have none, and another finding says so. */
function isolation({ isolation: { files, ipc }, platform, users: { fate } }: MachineFacts): readonly Finding[] {
  if (fate !== "apart") return [];
  if (files && ipc)
    return [
      ok("isolation", "each build sees tools and base read-only, and has its own /tmp, /dev/shm and IPC objects"),
    ];
  const modes = "owners and modes alone protect tools and base, and leftovers in /tmp are deleted after each build";
  if (platform !== "linux") return [warn("isolation", `this system has no mount namespaces: ${modes}`)];
  return [
    warn(
      "isolation",
      `mount or IPC namespaces are not available: ${modes}`,
      "allow these namespaces to `up`, for example outside of a container",
    ),
  ];
}

/** The limits of a build as a whole. */
function limits({ noGroups, platform }: MachineFacts): Finding {
  if (noGroups === undefined)
    return ok("limits", "each build has a control group with a limit of memory and processes");
  const rest =
    platform === "linux"
      ? "the kernel kills builds first if memory is short, and limits the processes of their user"
      : "builds can use all memory";
  return warn("limits", `builds have no control groups, because ${noGroups}: ${rest}`);
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

function files({ files: { pools, problems, notes, architectures = [] } }: MachineFacts): readonly Finding[] {
  if (pools === undefined) return [warn("files", "no pool file was checked", "name one with -f pool.yaml")];
  return [
    pools.length === 0
      ? fail("files", "the files hold no usable BuilderPool")
      : ok("files", `usable pools: ${pools.join(", ")}`),
    ...problems.map((problem) => fail("files", problem)),
    ...architectures.filter(({ name }) => !isKnownArchitecture(name)).map(unknownArchitecture),
    ...notes.map((sentence) => warn("files", sentence)),
  ];
}

function unknownArchitecture({ pool, name }: { readonly pool: string; readonly name: string }): Finding {
  return fail(
    "files",
    `pool ${pool}: aliBuild does not know architecture ${name}`,
    "set spec.architecture to one that it knows, such as slc9_x86-64, slc9_aarch64, ubuntu2404_x86-64 or osx_arm64",
  );
}

function repository({ address, branch, trouble, proxy }: MachineFacts["repositories"][number]): Finding {
  const remote = `${address}${branch === undefined ? "" : ` ${branch}`}`;
  const way = proxy === undefined ? "" : ` through ${proxy}`;
  return trouble === undefined
    ? ok("git", `${remote} can be fetched${way}`)
    : fail(
        "git",
        `${remote}${way}: ${trouble}`,
        "correct repository, branch, spec.github.gitUrl or the network connection",
      );
}

function tool({ name, trouble }: NonNullable<MachineFacts["tools"]>[number]): Finding {
  return trouble === undefined
    ? ok("aliBuild", `${name} is available in the package index`)
    : fail("aliBuild", `${name}: ${trouble}`, "correct tool.alibuild, or the address of the index (PIP_INDEX_URL)");
}
