import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { cellOfTask, type Order } from "../../../src/api/cell/order.ts";
import type { ResolvedCheck } from "../../../src/api/objects/check.ts";
import { createRepository, type Repository } from "./repository.ts";

export interface CellWorld {
  readonly root: string;
  readonly hello: Repository;
  readonly alidist: Repository;
  /** Work area of the only check. */
  readonly area: string;
  /** Gives a package a repository of sources with the tag v2, below the address. Returns the commit. */
  addUpstream(name: string, address: string): string;
  order(changes?: OrderChanges): Order;
}

export interface OrderChanges {
  readonly id?: string;
  readonly task?: Order["task"];
  readonly check?: Partial<ResolvedCheck>;
  readonly pullRequest?: { readonly number: number; readonly commit: string };
  readonly limits?: Partial<Order["limits"]>;
  readonly sources?: Order["sources"];
  readonly mirror?: string;
  readonly dependenciesOnly?: boolean;
}

/** Shared by all tests, so that aliBuild is installed only once. */
export const tools = join(tmpdir(), `builderpool-test-tools-${process.getuid?.() ?? 0}`);

/** A cell world for one test. */
export function aCellWorld(): CellWorld {
  const world = createCellWorld();
  onTestFinished(() => rmSync(world.root, { recursive: true, force: true }));
  return world;
}

/**
 * Recipes of a package `hello` and its dependency `hellolib`, with a work area. Pull requests change the script
 * hello.in.
 */
export function createCellWorld(): CellWorld {
  const root = mkdtempSync(join(tmpdir(), "builderpool-cell-"));
  const hello = createRepository(join(root, "src/hello"), {
    "hello.in": 'echo "echo hello"\n',
    "docs/readme": "hello\n",
  });
  hello.tag("v1.0");
  const alidist = createRepository(join(root, "src/alidist"), {
    "defaults-o2.sh": "package: defaults-o2\nversion: v1\n---\n",
    "hellolib.sh":
      'package: hellolib\nversion: "1"\n---\nmkdir -p "$INSTALLROOT/share"\necho lib > "$INSTALLROOT/share/lib"\n',
    "hello.sh": `package: hello\nversion: "%(tag)s"\ntag: v1.0\nsource: file://${hello.path}\nrequires:\n  - hellolib\n---\nrsync -a --exclude .git "$SOURCEDIR/" ./\nmkdir -p "$INSTALLROOT/bin"\nbash ./hello.in > "$INSTALLROOT/bin/hello"\n`,
  });
  const work = join(root, "work");
  const paths = { area: join(work, "area"), tools, home: join(work, "home"), tmp: join(work, "tmp") };
  const taskOf = (changes: OrderChanges) => changes.task ?? (changes.pullRequest === undefined ? "warmup" : "build");
  mkdirSync(tools, { recursive: true });
  return {
    root,
    hello,
    alidist,
    area: paths.area,
    addUpstream(name, address) {
      const upstream = createRepository(join(root, "upstream", name), { source: "source\n" });
      upstream.tag("v2");
      const recipe = readFileSync(join(alidist.path, `${name}.sh`), "utf8");
      const header = `version: "2"\ntag: v2\nsource: ${address}/${name}`;
      alidist.commit({ [`${name}.sh`]: recipe.replace(/version: .*/, header) });
      return upstream.tip();
    },
    order: (changes = {}) => ({
      id: changes.id ?? `test-${process.pid}-${Math.random().toString(36).slice(2, 10)}`,
      cell: cellOfTask(taskOf(changes)),
      task: taskOf(changes),
      check: { ...helloCheck, ...changes.check },
      sources: changes.sources ?? [
        { repository: "o/hello", directory: "hello", mirror: hello.mirror, commit: hello.tip() },
        { repository: "o/alidist", directory: "alidist", mirror: alidist.mirror, commit: alidist.tip() },
      ],
      ...(changes.pullRequest === undefined
        ? {}
        : { pullRequest: { ...changes.pullRequest, mirror: changes.mirror ?? hello.mirror } }),
      ...(changes.dependenciesOnly !== undefined && { dependenciesOnly: changes.dependenciesOnly }),
      paths,
      limits: { logBytes: 2 ** 22, maxAge: 2 * 86_400_000, minFree: 0, ...changes.limits },
      gitUrl: `file://${join(root, "src")}`,
      debug: false,
    }),
  };
}

export const helloCheck: ResolvedCheck = {
  name: "build/hello/o2",
  repository: "o/hello",
  branch: "master",
  checkout: "hello",
  package: "hello",
  defaults: "o2",
  developmentPackages: [
    { repository: "o/hello", branch: "master", directory: "hello" },
    { repository: "o/alidist", branch: "master", directory: "alidist" },
  ],
  trust: { collaborators: false, users: [], approvals: "AnyCommit" },
  comments: true,
  sharedTree: false,
  env: {},
  onlyWhenChanged: [],
  jobs: 2,
  timeouts: { command: "120s", build: "10m" },
  maxGrowth: "20M",
  maxFiles: 10_000,
  tool: { alibuild: "1.17.44" },
  architecture: "fedora33_x86-64",
  silent: false,
  testsTool: false,
};
