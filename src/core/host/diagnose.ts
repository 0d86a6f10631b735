import { type Finding, fail, ok, warn } from "../machine/finding.ts";
import { gitTroubleOf } from "../machine/gitVersion.ts";
import type { PowerSettings } from "./darwin.ts";

/** Facts about a host. Every `trouble` is the second half of a message. */
export interface HostFacts {
  readonly name: string;
  readonly node: string;
  /** Days until the credential is over. Undefined: there is none. */
  readonly credentialDays: number | undefined;
  /** State of the service. Undefined: it is not installed or not loaded. */
  readonly service: string | undefined;
  readonly folder: {
    readonly path: string;
    readonly volume: string | undefined;
    /** Reason why the folder cannot be used, such as a disk that is not mounted. The next two facts are then unknown. */
    readonly trouble?: string;
    readonly isCaseSensitive: boolean;
    /** Whether the owner of a file keeps other users out. */
    readonly keepsOwners: boolean;
  };
  /** Whether the machine has an id, so that a copy of its disk is noticed. */
  readonly hasMachineId: boolean;
  /** A process that left its group, session and environment. Undefined: not tried, because the agent runs. */
  readonly fleeing: { readonly wasFound: boolean; readonly left: number } | undefined;
  readonly programs: readonly { readonly name: string; readonly version: string | undefined }[];
  readonly python: string | undefined;
  readonly compiler: string | undefined;
  /** Sentences about variables that git and builds do not get. */
  readonly dropped: readonly string[];
  readonly addresses: readonly { readonly address: string; readonly trouble?: string }[];
  /** Milliseconds by which this clock is ahead of the cluster. Undefined: unknown. */
  readonly clockAhead: number | undefined;
  /** Only on macOS. */
  readonly mac?: MacFacts;
}

/** Facts about a Mac. */
export interface MacFacts {
  readonly power: PowerSettings;
  readonly isFileVaultOn: boolean | undefined;
  /** Whether the first folder of the work folder comes from `synthetic.conf`. Undefined: it needs none. */
  readonly isRootFolderKept: boolean | undefined;
}

/** Returns findings about a host: its agent, its disk, its tools, its connections and its power. */
export function diagnoseHost(facts: HostFacts): readonly Finding[] {
  return [
    ok("node", `Node ${facts.node}`),
    credential(facts),
    service(facts),
    ...folder(facts.folder),
    ...(facts.hasMachineId ? [] : [noMachineId]),
    fleeing(facts),
    ...tools(facts),
    ...facts.dropped.map((sentence) => warn("variables", sentence)),
    ...facts.addresses.map(address),
    clock(facts),
    ...(facts.mac === undefined ? [] : macFindings(facts.mac)),
  ];
}

function credential({ credentialDays: days, name }: HostFacts): Finding {
  const todo = `run \`builderpool join ${name} --again\`, and give the code to \`builderpool agent enrol -\``;
  if (days === undefined) return fail("credential", "this host has no credential", todo);
  if (days <= 0) return fail("credential", "the credential of this host is over", todo);
  return ok("credential", `valid for ${days.toFixed(1)} days; the running agent renews it`);
}

function service({ service: state, name }: HostFacts): Finding {
  if (state === undefined)
    return warn("service", `no service starts agent ${name}`, "enrol again without --no-install");
  return ["running", "active"].includes(state)
    ? ok("service", `the service is ${state}`)
    : warn("service", `the service is ${state}`, `read /var/log/builderpool/${name}.log`);
}

function folder({ path, volume, trouble, isCaseSensitive, keepsOwners }: HostFacts["folder"]): readonly Finding[] {
  const where = volume === undefined ? path : `${path} (${volume})`;
  if (trouble !== undefined) return [fail("folder", `${where}: ${trouble}`, "mount the disk of the builds")];
  return [
    isCaseSensitive
      ? ok("folder", `${where}: file names are case-sensitive`)
      : fail("folder", `${where}: file names are not case-sensitive`, "use a volume APFS (Case-sensitive)"),
    keepsOwners
      ? ok("owners", `${where}: the owners of files count`)
      : fail("owners", `${where}: the disk ignores the owners of files`, "sudo diskutil enableOwnership MOUNT-POINT"),
  ];
}

const noMachineId = warn(
  "machine",
  "this machine has no id, so nobody notices a copy of its disk",
  "systemd-machine-id-setup",
);

function fleeing({ fleeing: found }: HostFacts): Finding {
  if (found === undefined)
    return warn("processes", "not tried, because the agent runs", "stop the service, and run doctor again");
  if (!found.wasFound) return warn("processes", "a process of the build user could not be started");
  if (found.left === 0) return ok("processes", "a process that left its group and session was killed");
  return fail("processes", `${found.left} processes of the build user survive`, "restart this machine");
}

function tools({ programs, python, compiler }: HostFacts): readonly Finding[] {
  return [
    ...programs.map(({ name, version }) => {
      if (version === undefined) return fail(name, `${name} cannot be run by the build user`, `install ${name}`);
      const trouble = name === "git" ? gitTroubleOf(version) : undefined;
      return trouble === undefined ? ok(name, version) : fail(name, trouble, "install a newer git");
    }),
    python === undefined
      ? fail("python", "no python3 in PATH can create a virtual environment", "install python3")
      : ok("python", python),
    compiler === undefined
      ? fail("compiler", "the build user finds no compiler", "macOS: xcode-select --install; Linux: install gcc-c++")
      : ok("compiler", compiler),
  ];
}

function address({ address: name, trouble }: HostFacts["addresses"][number]): Finding {
  return trouble === undefined
    ? ok("network", `${name} answers`)
    : fail("network", `${name}: ${trouble}`, "check network, proxy and firewall");
}

const clockTolerance = 60_000;

function clock({ clockAhead: ahead }: HostFacts): Finding {
  if (ahead === undefined) return warn("clock", "not compared, because the cluster does not answer");
  if (Math.abs(ahead) < clockTolerance) return ok("clock", "less than a minute away from the cluster");
  return fail("clock", `${Math.round(ahead / 60_000)} min ahead of the cluster`, "set the clock by the network");
}

function macFindings({ power, isFileVaultOn, isRootFolderKept }: MacFacts): readonly Finding[] {
  const findings = [
    power.sleep === 0
      ? ok("sleep", "this Mac never sleeps")
      : warn("sleep", `this Mac sleeps after ${power.sleep ?? "unknown"} min`, "sudo pmset -a sleep 0"),
    power.autorestart === true
      ? ok("restart", "this Mac starts after a power cut")
      : warn("restart", "this Mac stays off after a power cut", "sudo pmset -a autorestart 1"),
    isFileVaultOn === false
      ? ok("filevault", "FileVault is off, so the agent starts without a person")
      : warn("filevault", "FileVault is on: after a restart the agent waits for a password", "sudo fdesetup disable"),
  ];
  if (isRootFolderKept === undefined) return findings;
  const root = isRootFolderKept
    ? ok("synthetic", "/etc/synthetic.conf creates the root folder of the builds")
    : fail("synthetic", "/etc/synthetic.conf lacks the root folder of the builds", "docs/hosts.md shows the line");
  return [...findings, root];
}
