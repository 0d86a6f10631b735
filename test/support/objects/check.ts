import type { ResolvedCheck } from "../../../src/api/objects/check.ts";

export function aCheck(fields: Partial<ResolvedCheck> = {}): ResolvedCheck {
  return {
    name: "build/O2/o2",
    repository: "o/r",
    branch: "master",
    checkout: "r",
    package: "O2",
    defaults: "o2",
    developmentPackages: [],
    trust: { collaborators: false, users: [], approvals: "AnyCommit" },
    comments: true,
    sharedTree: false,
    env: {},
    onlyWhenChanged: [],
    timeouts: { command: "120s", build: "10h" },
    maxGrowth: "20M",
    maxFiles: 10_000,
    tool: { alibuild: "1.17.44" },
    silent: false,
    testsTool: false,
    ...fields,
  };
}
