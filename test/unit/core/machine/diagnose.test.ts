import { describe, expect, it } from "vitest";
import { isKnownArchitecture } from "../../../../src/core/machine/architecture.ts";
import { diagnoseMachine } from "../../../../src/core/machine/diagnose.ts";
import type { ApiFacts, MachineFacts } from "../../../../src/core/machine/facts.ts";

const machine: MachineFacts = {
  platform: "linux",
  node: "24.21.0",
  programs: [{ name: "rsync", version: "rsync 3.2.7" }],
  python: "/usr/bin/python3",
  isolation: { processes: true, ipc: true, files: true },
  noGroups: undefined,
  users: { meaning: "builds run as user 65002", fate: "apart" },
  folder: { path: "/w", exists: true, running: false, caseSensitive: true, free: 200e9, wanted: 100e9 },
  pages: { address: "127.0.0.1:8089" },
  files: { pools: ["o2"], problems: [], notes: [] },
  apis: [],
  repositories: [],
};
const api: ApiFacts = {
  address: "https://api.github.com",
  pools: ["o2"],
  credential: "token",
  wants: ["statuses", "comments"],
};
const answered = (scopes?: readonly string[], limit = 5000, remaining = limit): ApiFacts => ({
  ...api,
  answer: { limit, remaining, ...(scopes !== undefined && { scopes }) },
});

/** Findings of level `warn` and `fail`, as `level about: message`. */
const problemsOf = (change: Partial<MachineFacts>) =>
  diagnoseMachine({ ...machine, ...change })
    .filter(({ level }) => level !== "ok")
    .map(({ level, about, message }) => `${level} ${about}: ${message}`);

describe("the diagnosis of a machine", () => {
  it("has no problem when the machine meets every requirement", () => {
    expect(problemsOf({})).toEqual([]);
    expect(diagnoseMachine(machine).every(({ todo }) => todo === undefined)).toBe(true);
  });

  const folder = machine.folder;
  it.each<[string, Partial<MachineFacts>, string]>([
    ["an unsupported system", { platform: "win32" }, "fail system: win32 is neither Linux nor macOS"],
    [
      "no rsync",
      { programs: [{ name: "rsync", version: undefined }] },
      "fail rsync: rsync cannot be run, but builds need it",
    ],
    [
      "no python",
      { python: undefined },
      "fail python: no python3 in PATH can create a virtual environment, and aliBuild needs one",
    ],
    [
      "no PID namespaces",
      { isolation: { processes: false, ipc: true, files: true } },
      "warn processes: PID namespaces are not available: leftover processes are found by a mark in their environment, but a build can remove the mark",
    ],
    [
      "no mount namespaces",
      { isolation: { processes: true, ipc: true, files: false } },
      "warn isolation: mount or IPC namespaces are not available: owners and modes alone protect tools and base, and leftovers in /tmp are deleted after each build",
    ],
    [
      "no control groups",
      { noGroups: "the controllers memory and pids are not available" },
      "warn limits: builds have no control groups, because the controllers memory and pids are not available: the kernel kills builds first if memory is short, and limits the processes of their user",
    ],
    [
      "a refused cell user",
      { users: { meaning: "--cell-user x: there is no such user", fate: "refused" } },
      "fail user: --cell-user x: there is no such user",
    ],
    [
      "builds without a separate user",
      { users: { meaning: "builds run as the user of this process", fate: "together" } },
      "warn user: builds run as the user of this process",
    ],
    [
      "a folder without write access",
      { folder: { ...folder, trouble: "its disk is full" } },
      "fail folder: /w: its disk is full",
    ],
    [
      "a disk that is not case-sensitive",
      { folder: { ...folder, caseSensitive: false } },
      "warn letters: the disk of /w is not case-sensitive: some packages of ALICE do not build there",
    ],
    [
      "less space than pools want",
      { folder: { ...folder, free: 50e9 } },
      "warn space: 50.0 GB free at /w; pools want 100.0 GB (spec.cleanup.minFree), so build trees are deleted earlier",
    ],
    ["no space", { folder: { ...folder, free: 1e9 } }, "fail space: 1.0 GB free at /w"],
    [
      "a used port",
      { pages: { address: "127.0.0.1:80", trouble: "taken" } },
      "warn pages: result pages and metrics at 127.0.0.1:80: another program has the port",
    ],
    [
      "an address of another machine",
      { pages: { address: "192.0.2.1:80", trouble: { because: "this machine does not have the address" } } },
      "fail pages: result pages and metrics at 192.0.2.1:80: this machine does not have the address",
    ],
    ["no file", { files: { problems: [], notes: [] } }, "warn files: no pool file was checked"],
    [
      "an empty file",
      { files: { pools: [], problems: [], notes: [] } },
      "fail files: the files hold no usable BuilderPool",
    ],
    ["a broken file", { files: { pools: ["o2"], problems: ["p:1: no"], notes: [] } }, "fail files: p:1: no"],
    [
      "a field for clusters",
      { files: { pools: ["o2"], problems: [], notes: ["o2: no effect"] } },
      "warn files: o2: no effect",
    ],
    [
      "a missing branch",
      { repositories: [{ address: "https://g/a/b", branch: "dev", trouble: "there is no such branch" }] },
      "fail git: https://g/a/b dev: there is no such branch",
    ],
    [
      "a missing release of aliBuild",
      { tools: [{ name: "alibuild==0", trouble: "no match" }] },
      "fail aliBuild: alibuild==0: no match",
    ],
    [
      "no credential",
      { apis: [{ ...api, credential: "none" }] },
      "fail github: https://api.github.com (o2): no credential, so nothing can be listed or posted",
    ],
    [
      "a refused credential",
      { apis: [{ ...api, answer: { trouble: "renew it", isUnknown: false } }] },
      "fail github: https://api.github.com (o2): renew it",
    ],
    [
      "a broker without rate limits",
      { apis: [{ ...api, answer: { trouble: "404", isUnknown: true } }] },
      "warn github: https://api.github.com (o2): 404",
    ],
    [
      "a token without the right to comment",
      { apis: [answered(["repo:status"])] },
      "fail github: https://api.github.com (o2): the token may not write comments",
    ],
    [
      "a small budget",
      { apis: [answered(["repo"], 60)] },
      "warn github: https://api.github.com (o2): the token is valid; scopes: repo; 60 of 60 requests left this hour, a small budget: reads pause when it is almost used up",
    ],
  ])("reports %s", (_, change, line) => {
    expect(problemsOf(change)).toEqual([line]);
  });

  it.each([[["repo"]], [["public_repo"]], [undefined], [["repo:status", "public_repo"]]])(
    "accepts a token with the scopes %j",
    (scopes) => {
      expect(problemsOf({ apis: [answered(scopes)] })).toEqual([]);
    },
  );

  it("has no finding about GitHub without pool and token", () => {
    expect(diagnoseMachine({ ...machine, apis: [{ ...api, pools: [], credential: "none", wants: [] }] })).toHaveLength(
      diagnoseMachine(machine).length,
    );
  });

  it("gives the next step for every failure, with the commands of the system", () => {
    const [, linux] = diagnoseMachine({ ...machine, programs: [{ name: "rsync", version: undefined }] });
    expect(linux?.todo).toBe("apt-get install -y rsync (or dnf install -y rsync)");
    const mac = diagnoseMachine({ ...machine, platform: "darwin", python: undefined });
    expect(mac.find(({ about }) => about === "python")?.todo).toBe("brew install python3");
    const [none] = diagnoseMachine({ ...machine, apis: [{ ...api, credential: "none", secret: "gh" }] }).slice(-1);
    expect(none?.todo).toMatch(/^put its files into secrets\/gh\/ of the work folder/);
  });
});

describe("an architecture", () => {
  it.each([
    ["slc9_x86-64", true],
    ["slc10_aarch64", true],
    ["ubuntu2404_x86-64", true],
    ["osx_arm64", true],
    ["fedora33_x86-64", true],
    ["debian13_x86-64", false],
    ["slc9_x86", false],
    ["el9_x86-64", false],
    ["osx_arm", false],
  ])("%s is known to aliBuild: %s", (name, isKnown) => {
    expect(isKnownArchitecture(name)).toBe(isKnown);
  });
});
