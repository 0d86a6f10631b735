import { describe, expect, it } from "vitest";
import { diagnoseMachine } from "../../../../src/core/machine/diagnose.ts";
import type { ApiFacts, MachineFacts } from "../../../../src/core/machine/facts.ts";

const machine: MachineFacts = {
  platform: "linux",
  node: "24.21.0",
  programs: [{ name: "rsync", version: "rsync 3.2.7" }],
  python: "/usr/bin/python3",
  isolated: true,
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

/** What stands out, as `level about: message`. */
const judged = (change: Partial<MachineFacts>) =>
  diagnoseMachine({ ...machine, ...change })
    .filter(({ level }) => level !== "ok")
    .map(({ level, about, message }) => `${level} ${about}: ${message}`);

describe("the judgement on a machine", () => {
  it("finds nothing to do where everything is as builds need it", () => {
    expect(judged({})).toEqual([]);
    expect(diagnoseMachine(machine).every(({ todo }) => todo === undefined)).toBe(true);
  });

  const folder = machine.folder;
  it.each<[string, Partial<MachineFacts>, string]>([
    ["a foreign system", { platform: "win32" }, "fail system: win32 is neither Linux nor macOS"],
    [
      "no rsync",
      { programs: [{ name: "rsync", version: undefined }] },
      "fail rsync: rsync cannot be run, which builds need",
    ],
    [
      "no python",
      { python: undefined },
      "fail python: no python3 in PATH can make a virtual environment, in which aliBuild is installed",
    ],
    [
      "no PID namespaces",
      { isolated: false },
      "warn processes: PID namespaces are not to be had: what a build leaves behind is found by a mark in its environment, which a build can remove",
    ],
    [
      "a user of its own refused",
      { users: { meaning: "--cell-user x: there is no such user", fate: "refused" } },
      "fail user: --cell-user x: there is no such user",
    ],
    [
      "no user of its own",
      { users: { meaning: "builds run as the user of this process", fate: "together" } },
      "warn user: builds run as the user of this process",
    ],
    [
      "a folder that cannot be written",
      { folder: { ...folder, trouble: "its disk is full" } },
      "fail folder: /w: its disk is full",
    ],
    [
      "a disk that takes A for a",
      { folder: { ...folder, caseSensitive: false } },
      "warn letters: the disk of /w does not tell capitals from small letters: some of ALICE's packages do not build there",
    ],
    [
      "less space than pools want",
      { folder: { ...folder, free: 50e9 } },
      "warn space: 50.0 GB free at /w; pools want 100.0 GB (spec.cleanup.minFree): trees go cold sooner",
    ],
    ["no space", { folder: { ...folder, free: 1e9 } }, "fail space: 1.0 GB free at /w"],
    [
      "a port that is taken",
      { pages: { address: "127.0.0.1:80", trouble: "taken" } },
      "warn pages: result pages and metrics at 127.0.0.1:80: another program has the port",
    ],
    [
      "an address of another machine",
      { pages: { address: "192.0.2.1:80", trouble: { because: "this machine does not have the address" } } },
      "fail pages: result pages and metrics at 192.0.2.1:80: this machine does not have the address",
    ],
    ["no file", { files: { problems: [], notes: [] } }, "warn files: no pool file was looked at"],
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
      "a repository that is not there",
      { repositories: [{ address: "https://g/a/b", branch: "dev", trouble: "there is no such branch" }] },
      "fail git: https://g/a/b dev: there is no such branch",
    ],
    [
      "an aliBuild that is not there",
      { tools: [{ name: "alibuild==0", trouble: "no match" }] },
      "fail aliBuild: alibuild==0: no match",
    ],
    [
      "no credential",
      { apis: [{ ...api, credential: "none" }] },
      "fail github: https://api.github.com (o2): no credential, so nothing can be listed or posted",
    ],
    [
      "a credential refused",
      { apis: [{ ...api, answer: { trouble: "renew it", isUnknown: false } }] },
      "fail github: https://api.github.com (o2): renew it",
    ],
    [
      "a broker that says nothing of limits",
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
      "warn github: https://api.github.com (o2): the token is known; scopes: repo; 60 of 60 requests left this hour, which is little: reads pause when it is nearly spent",
    ],
  ])("names %s", (_, change, line) => {
    expect(judged(change)).toEqual([line]);
  });

  it.each([[["repo"]], [["public_repo"]], [undefined], [["repo:status", "public_repo"]]])(
    "is content with a token whose scopes are %j",
    (scopes) => {
      expect(judged({ apis: [answered(scopes)] })).toEqual([]);
    },
  );

  it("says nothing of GitHub where neither pool nor token is given", () => {
    expect(diagnoseMachine({ ...machine, apis: [{ ...api, pools: [], credential: "none", wants: [] }] })).toHaveLength(
      diagnoseMachine(machine).length,
    );
  });

  it("says what to do about everything that fails, in the words of the system", () => {
    const [, linux] = diagnoseMachine({ ...machine, programs: [{ name: "rsync", version: undefined }] });
    expect(linux?.todo).toBe("apt-get install -y rsync (or dnf install -y rsync)");
    const mac = diagnoseMachine({ ...machine, platform: "darwin", python: undefined });
    expect(mac.find(({ about }) => about === "python")?.todo).toBe("brew install python3");
    const [none] = diagnoseMachine({ ...machine, apis: [{ ...api, credential: "none", secret: "gh" }] }).slice(-1);
    expect(none?.todo).toMatch(/^put its files into secrets\/gh\/ of the work folder/);
  });
});
