import { createServer } from "node:net";
import { afterAll, beforeAll } from "vitest";
import type { Claim } from "../../../src/api/objects/build.ts";
import type { Kind, Stored } from "../../../src/api/objects/kinds.ts";
import { helloSources, recipes } from "../../support/alidist/sources.ts";
import type { StandIn } from "../../support/github/standIn.ts";
import { consentTo } from "../../support/kubernetes/consent.ts";
import { alidist, check, greeting, hello } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
import type { Recorded } from "../../support/up/recorder.ts";
import { anE2ECluster, commandsOf, type E2ECluster } from "./cluster.ts";
import { startGitHub } from "./github.ts";
import { home } from "./installChart.ts";
import { type ClusterRecorder, record } from "./recorder.ts";
import { waitFor } from "./waitFor.ts";

type Files = Readonly<Record<string, string>>;
type Listed = "builderpools" | "builders" | "builds";
interface Proposed {
  readonly number: number;
  readonly commit: string;
}

interface Gate {
  readonly wait: string;
  open(): void;
}

/** Builder, process and pod of a running build. */
export interface Holder {
  readonly claim: Claim;
  readonly incarnation: string | undefined;
  readonly podUid: string | undefined;
}

/**
 * One scenario: a pool, a GitHub stand-in, and a recorder of every write. Scenarios share one installation of the
 * operator, unless they name another namespace.
 */
export interface Scenario extends Pick<E2ECluster, "kubectl" | "apply"> {
  /** Name of the pool. */
  readonly pool: string;
  readonly github: () => StandIn;
  /**
   * Applies the pool: the smallest possible spec with the given fields added. Every call has the same field manager.
   */
  declare(spec?: object, name?: string): Promise<void>;
  propose(title: string, files: Files, more?: object): Promise<Proposed>;
  /** Returns a line of shell that waits until the gate is opened. */
  gate(): Promise<Gate>;
  /** Opens a pull request. Its build runs until `release`. */
  hold(title: string): Promise<Proposed & { release(): void }>;
  /** Statuses of the check on a commit, oldest first, as `state description`. */
  statuses(commit: string): readonly string[];
  /** Waits until the last status of a commit on GitHub is this one. */
  shows(commit: string, status: RegExp | string): Promise<void>;
  list<K extends Kind>(kind: Listed): Promise<readonly Stored<K>[]>;
  builder(ordinal: number): Promise<Stored<"Builder"> | undefined>;
  /** Waits until the build of a pull request runs. The returned values must stay the same until the build ends. */
  holder(number: number): Promise<Holder>;
  /**
   * All phases of the builder of an ordinal, oldest first, without repetitions. Includes earlier builders of the
   * ordinal.
   */
  phases(ordinal: number): Promise<readonly string[]>;
  /**
   * Index, among all writes, of the first write with which a Ready builder left Ready. Infinity without such a write.
   */
  leftReady(name: string): Promise<number>;
  /** The smallest number of Ready builders, counted from the first time that `count` builders were Ready. */
  fewestReady(count: number): Promise<number>;
  /** Waits until exactly `count` builders of the pool are Ready and in the partition. */
  ready(count: number): Promise<void>;
  /**
   * Violations of the invariants in all writes so far: claims, attempts, verdicts, and verdicts that GitHub does not
   * show exactly once. The operator publishes a verdict after the write of the verdict, so missing statuses get 60 s to
   * arrive.
   */
  violations(): Promise<readonly string[]>;
  /** All writes of Builds and Builders of the namespace so far. */
  writes(): Promise<readonly Recorded[]>;
}

/** Call this in a `describe`. Sets the scenario up before the tests, and deletes its pools after them. */
export function aScenario(pool: string, namespace: string = home): Scenario {
  const cluster = anE2ECluster();
  const commands = commandsOf(cluster.kubeconfig, `--namespace=${namespace}`);
  const gates: { close(): void }[] = [];
  const declared = new Set([pool]);
  let github: StandIn;
  let recorder: ClusterRecorder;

  beforeAll(async () => {
    github = await startGitHub(cluster);
    await github.state.createRepository({ repository: alidist, files: recipes() });
    await github.state.createRepository({ repository: hello, files: helloSources() });
    const secret = {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: `${pool}-github`, ...consentTo("github", github.apiUrl) },
    };
    await commands.apply({ ...secret, stringData: { token: github.token } });
    recorder = await record(cluster.kubeconfig, namespace);
  });
  afterAll(async () => {
    for (const gate of gates) gate.close();
    // Only the pools of this scenario: other scenarios use the same namespace.
    await commands.kubectl(
      "delete",
      "builderpools",
      "--ignore-not-found",
      "--wait=true",
      "--timeout=120s",
      ...declared,
    );
    await recorder?.close();
    await github?.close();
  });

  const scenario: Scenario = {
    ...commands,
    pool,
    github: () => github,
    async declare(spec = {}, name = pool) {
      const { apiUrl, gitUrl } = github;
      declared.add(name);
      await commands.apply({
        apiVersion: "ci.alice.cern.ch/v1alpha1",
        kind: "BuilderPool",
        metadata: { name },
        spec: {
          package: "hello",
          repository: hello,
          instances: 1,
          image: cluster.images.cell,
          // This architecture has no tarball store, so aliBuild sends no network requests.
          architecture: "fedora33_x86-64",
          jobs: 1,
          workspace: { size: "1Gi" },
          warmup: { builds: "None" },
          cleanup: { minFree: "1Ki" },
          github: { apiUrl, gitUrl, pollInterval: "1s", secretRef: { name: `${pool}-github` } },
          ...spec,
        },
      });
    },
    async propose(title, files, more = {}) {
      const pull = await github.state.openPullRequest({ repository: hello, title, files, ...more });
      return { number: pull.number, commit: pull.commits.at(-1)?.oid ?? "" };
    },
    async gate() {
      const server = createServer((socket) => void socket.destroy());
      const host = cluster.hostAddress ?? "";
      // Shell and test agree on a free port. The gate opens when the server starts to listen on this port.
      const port = await freePort(host);
      gates.push({ close: () => server.close() });
      const wait = `bash -c 'until (exec 3<>/dev/tcp/${host}/${port}) 2> /dev/null; do sleep 0.2; done'`;
      return { wait, open: () => void server.listen(port, host) };
    },
    async hold(title) {
      const { wait, open } = await scenario.gate();
      const proposed = await scenario.propose(title, {
        ...greeting(`Hello, ${title}`),
        "test/held.test": `exec ${wait}\n`,
      });
      return { ...proposed, release: open };
    },
    statuses: (commit) =>
      github.state
        .statuses(hello, commit)
        .filter(({ context }) => context === check)
        .toSorted((a, b) => a.id - b.id)
        .map(({ state, description }) => `${state} ${description ?? ""}`.trim()),
    async shows(commit, status) {
      await waitFor(`GitHub to show ${status} for ${commit.slice(0, 10)}`, async () => {
        const last = scenario.statuses(commit).at(-1) ?? "";
        return typeof status === "string" ? last === status : status.test(last);
      });
    },
    async list(kind) {
      const selector = `--selector=ci.alice.cern.ch/pool=${pool}`;
      const which = kind === "builderpools" ? [] : [selector];
      return JSON.parse(await commands.kubectl("get", kind, "-o", "json", ...which)).items;
    },
    async builder(ordinal) {
      const all = await scenario.list<"Builder">("builders");
      return all.find(({ metadata }) => metadata.name === `${pool}-${ordinal}`);
    },
    async holder(number) {
      const claim = await waitFor(`#${number} to be built`, async () => {
        const builds = await scenario.list<"Build">("builds");
        const { phase, claim: live } = builds.find(({ spec }) => spec.number === number)?.status ?? {};
        return phase === "Running" && live;
      });
      const holders = await scenario.list<"Builder">("builders");
      const { incarnation, podUid } = holders.find(({ metadata }) => metadata.name === claim.builder)?.status ?? {};
      return { claim, incarnation, podUid };
    },
    async phases(ordinal) {
      const all = (await recorder.writes()).flatMap(({ kind, object }) => {
        const isOrdinal = kind === "Builder" && object.metadata.name === `${pool}-${ordinal}`;
        return isOrdinal && object.status !== undefined ? [object.status.phase] : [];
      });
      return all.filter((phase, at) => phase !== all[at - 1]);
    },
    async leftReady(name) {
      let wasReady = false;
      const at = (await recorder.writes()).findIndex(({ kind, object }) => {
        if (kind !== "Builder" || object.metadata.name !== name) return false;
        const isReady = object.status?.phase === "Ready";
        if (wasReady && !isReady) return true;
        wasReady = isReady;
        return false;
      });
      return at === -1 ? Number.POSITIVE_INFINITY : at;
    },
    async fewestReady(count) {
      const ready = new Set<string>();
      let fewest: number | undefined;
      for (const { kind, object } of await recorder.writes()) {
        if (kind !== "Builder" || object.spec.pool !== pool) continue;
        if (object.status?.phase === "Ready") ready.add(object.metadata.name);
        else ready.delete(object.metadata.name);
        if (fewest !== undefined || ready.size === count) fewest = Math.min(fewest ?? count, ready.size);
      }
      return fewest ?? 0;
    },
    async ready(count) {
      await waitFor(`${count} ready builders of ${pool}`, async () => {
        const [found] = (await scenario.list<"BuilderPool">("builderpools")).filter(
          ({ metadata }) => metadata.name === pool,
        );
        const { ready, active, observedGeneration } = found?.status ?? {};
        return ready === count && active === count && observedGeneration === found?.metadata.generation;
      });
    },
    writes: () => recorder.writes(),
    async violations() {
      const ownWrites = async () => (await recorder.writes()).filter(({ object }) => object.spec.pool === pool);
      const allReported = async () => unreported(await ownWrites(), github.state).length === 0;
      // After the limit, the returned violations name the missing statuses.
      await waitFor("GitHub to show every verdict", allReported, 60_000).catch(() => {});
      const writes = await ownWrites();
      return [...broken(writes), ...unreported(writes, github.state)];
    },
  };
  return scenario;
}

async function freePort(host: string): Promise<number> {
  const probe = createServer();
  const port = await new Promise<number>((resolve) => {
    probe.listen(0, host, () => {
      const address = probe.address();
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  await new Promise((closed) => probe.close(closed));
  return port;
}
