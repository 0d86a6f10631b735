import { createServer } from "node:net";
import { afterAll, beforeAll } from "vitest";
import type { Claim } from "../../../src/api/objects/build.ts";
import type { Kind, Stored } from "../../../src/api/objects/kinds.ts";
import { helloSources, recipes } from "../../support/alidist/sources.ts";
import type { StandIn } from "../../support/github/standIn.ts";
import { alidist, check, greeting, hello } from "../../support/up/installation.ts";
import { broken, unreported } from "../../support/up/invariants.ts";
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

/** A running build, and the process and pod it runs in. */
export interface Holder {
  readonly claim: Claim;
  readonly incarnation: string | undefined;
  readonly podUid: string | undefined;
}

/** One tale of a pool, in the shared installation unless it has its own: a GitHub and a pool of its own, and a recorder that sees every write. */
export interface Story extends Pick<E2ECluster, "kubectl" | "apply"> {
  /** Name of its pool. */
  readonly pool: string;
  readonly github: () => StandIn;
  /** Applies the pool, as one person would again and again; what is given is added to the smallest pool there is. */
  declare(spec?: object, name?: string): Promise<void>;
  propose(title: string, files: Files, more?: object): Promise<Proposed>;
  /** Something to wait at: a line of shell that ends when it is opened. */
  gate(): Promise<Gate>;
  /** A change whose build goes on until it is let go. */
  hold(title: string): Promise<Proposed & { letGo(): void }>;
  /** Statuses of the check on a commit, in their order, as `state description`. */
  statuses(commit: string): readonly string[];
  /** Waits until GitHub shows that last status of a commit. */
  shows(commit: string, status: RegExp | string): Promise<void>;
  list<K extends Kind>(kind: Listed): Promise<readonly Stored<K>[]>;
  builder(ordinal: number): Promise<Stored<"Builder"> | undefined>;
  /** Waits until a pull request is being built, and tells by whom: all that must stay as it is until the build ends. */
  holder(number: number): Promise<Holder>;
  /** Phases of a builder in their order, and of those that had its name before it; none is there twice in a row. */
  phases(ordinal: number): readonly string[];
  /** The place, among all writes, of the first by which a builder that had been Ready was it no more; Infinity when there is none. */
  leftReady(name: string): number;
  /** The fewest builders that were Ready at once, from the first time that `count` were. */
  fewestReady(count: number): number;
  /** Waits until that many builders of the pool are Ready and in the partition. */
  ready(count: number): Promise<void>;
  /** What was wrong in everything that was written so far: claims, attempts, verdicts, reports. */
  wrongs(): readonly string[];
}

/** Called in a `describe`: everything is there before its tests, and the pool is gone after them, if they passed. */
export function aStory(pool: string, namespace: string = home): Story {
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
    const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: `${pool}-github` } };
    await commands.apply({ ...secret, stringData: { token: github.token } });
    recorder = await record(cluster.kubeconfig, namespace);
  });
  afterAll(async () => {
    for (const gate of gates) gate.close();
    // Only its own: other stories are told in the same namespace.
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

  const story: Story = {
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
          // No tarball store belongs to this architecture, so that nothing asks for the network.
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
      // The port is known before anybody listens on it: to listen is to open.
      const port = await freePort(host);
      gates.push({ close: () => server.close() });
      const wait = `bash -c 'until (exec 3<>/dev/tcp/${host}/${port}) 2> /dev/null; do sleep 0.2; done'`;
      return { wait, open: () => void server.listen(port, host) };
    },
    async hold(title) {
      const { wait, open } = await story.gate();
      const proposed = await story.propose(title, {
        ...greeting(`Hello, ${title}`),
        "test/held.test": `exec ${wait}\n`,
      });
      return { ...proposed, letGo: open };
    },
    statuses: (commit) =>
      github.state
        .statuses(hello, commit)
        .filter(({ context }) => context === check)
        .toSorted((a, b) => a.id - b.id)
        .map(({ state, description }) => `${state} ${description ?? ""}`.trim()),
    async shows(commit, status) {
      await waitFor(`GitHub to show ${status} for ${commit.slice(0, 10)}`, async () => {
        const last = story.statuses(commit).at(-1) ?? "";
        return typeof status === "string" ? last === status : status.test(last);
      });
    },
    async list(kind) {
      const selector = `--selector=ci.alice.cern.ch/pool=${pool}`;
      const which = kind === "builderpools" ? [] : [selector];
      return JSON.parse(await commands.kubectl("get", kind, "-o", "json", ...which)).items;
    },
    async builder(ordinal) {
      const all = await story.list<"Builder">("builders");
      return all.find(({ metadata }) => metadata.name === `${pool}-${ordinal}`);
    },
    async holder(number) {
      const claim = await waitFor(`#${number} to be built`, async () => {
        const builds = await story.list<"Build">("builds");
        const { phase, claim: live } = builds.find(({ spec }) => spec.number === number)?.status ?? {};
        return phase === "Running" && live;
      });
      const holders = await story.list<"Builder">("builders");
      const { incarnation, podUid } = holders.find(({ metadata }) => metadata.name === claim.builder)?.status ?? {};
      return { claim, incarnation, podUid };
    },
    phases(ordinal) {
      const all = recorder.writes().flatMap(({ kind, object }) => {
        const ofIt = kind === "Builder" && object.metadata.name === `${pool}-${ordinal}`;
        return ofIt && object.status !== undefined ? [object.status.phase] : [];
      });
      return all.filter((phase, at) => phase !== all[at - 1]);
    },
    leftReady(name) {
      let wasReady = false;
      const at = recorder.writes().findIndex(({ kind, object }) => {
        if (kind !== "Builder" || object.metadata.name !== name) return false;
        const isReady = object.status?.phase === "Ready";
        if (wasReady && !isReady) return true;
        wasReady = isReady;
        return false;
      });
      return at === -1 ? Number.POSITIVE_INFINITY : at;
    },
    fewestReady(count) {
      const ready = new Set<string>();
      let fewest: number | undefined;
      for (const { kind, object } of recorder.writes()) {
        if (kind !== "Builder" || object.spec.pool !== pool) continue;
        if (object.status?.phase === "Ready") ready.add(object.metadata.name);
        else ready.delete(object.metadata.name);
        if (fewest !== undefined || ready.size === count) fewest = Math.min(fewest ?? count, ready.size);
      }
      return fewest ?? 0;
    },
    async ready(count) {
      await waitFor(`${count} ready builders of ${pool}`, async () => {
        const [found] = (await story.list<"BuilderPool">("builderpools")).filter(
          ({ metadata }) => metadata.name === pool,
        );
        const { ready, active, observedGeneration } = found?.status ?? {};
        return ready === count && active === count && observedGeneration === found?.metadata.generation;
      });
    },
    wrongs() {
      const ours = recorder.writes().filter(({ object }) => object.spec.pool === pool);
      return [...broken(ours), ...unreported(ours, github.state)];
    },
  };
  return story;
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
