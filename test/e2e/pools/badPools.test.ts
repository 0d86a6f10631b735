import { describe, expect, it } from "vitest";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { hello } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";

const good = { package: "hello", repository: hello, image: "localhost/cell:1", architecture: "slc9_x86-64" };
const { package: _package, ...noPackage } = good;
const { repository: _repository, ...noRepository } = good;
const { image: _image, ...noImage } = good;
const { architecture: _architecture, ...noArchitecture } = good;
const check = (more: object) => ({ ...good, checks: [{ name: "build/hello/o2", ...more }] });

/** The mistake, the spec, and the expected message of the API server. */
const pools: readonly (readonly [string, object, RegExp])[] = [
  ["no package", noPackage, /spec\.package: Required value/],
  ["no repository", noRepository, /repository is missing/],
  ["no image", noImage, /image is missing/],
  ["no architecture", noArchitecture, /architecture is missing/],
  ["an unknown field", { ...good, instnaces: 2 }, /spec\.instnaces/],
  ["an unknown field of a check", check({ tiemouts: {} }), /spec\.checks\[.*\]\.tiemouts/],
  ["a word as a number", { ...good, instances: "two" }, /spec\.instances/],
  ["half a builder", { ...good, instances: 0.5 }, /spec\.instances/],
  ["a negative number of builders", { ...good, instances: -1 }, /spec\.instances.*greater than or equal to 0/],
  ["10,000 builders", { ...good, instances: 10_000 }, /spec\.instances.*less than or equal to 1000/],
  ["a text as a boolean", { ...good, silent: "no" }, /spec\.silent/],
  ["a repository without owner", { ...good, repository: "hello" }, /spec\.repository/],
  ["an invalid architecture", { ...good, architecture: "my laptop" }, /spec\.architecture/],
  ["an empty image", { ...good, image: "" }, /spec\.image/],
  ["a duration without number", { ...good, warmup: { timeout: "soon" } }, /spec\.warmup\.timeout/],
  ["an unknown warm-up", { ...good, warmup: { builds: "Some" } }, /spec\.warmup\.builds.*supported values/],
  ["an unknown partition strategy", { ...good, partition: { strategy: "Random" } }, /spec\.partition\.strategy/],
  ["a share above 100 %", { ...good, update: { maxUnavailable: "125%" } }, /spec\.update\.maxUnavailable/],
  ["a negative surge", { ...good, update: { maxSurge: -1 } }, /spec\.update\.maxSurge/],
  ["an unknown stall action", { ...good, update: { onStall: "Panic" } }, /spec\.update\.onStall/],
  ["a probability above 1", { ...good, recheck: { failedShare: 2 } }, /spec\.recheck\.failedShare/],
  ["an address without scheme", { ...good, github: { apiUrl: "api.github.com" } }, /spec\.github\.apiUrl/],
  ["a path as the name of a secret", { ...good, github: { secretRef: { name: "../github" } } }, /secretRef\.name/],
  ["a secret as text", { ...good, github: { secretRef: "github" } }, /spec\.github\.secretRef/],
  ["a volume size without number", { ...good, workspace: { size: "big" } }, /spec\.workspace\.size/],
  ["a check without name", { ...good, checks: [{ package: "hello" }] }, /spec\.checks\[.*name/],
  ["a duplicate check", { ...good, checks: [{ name: "build/a" }, { name: "build/a" }] }, /spec\.checks.*[Dd]uplicate/],
  ["a check name with a blank", { ...good, checks: [{ name: "build/a b" }] }, /spec\.checks\[.*name/],
  ["a development package without owner", check({ developmentPackages: [{ repository: "x" }] }), /developmentPackages/],
  ["a host with the name of a pod", { ...good, external: { names: ["mac-1"] } }, /names has a name that no host can/],
  ["a host twice", { ...good, external: { names: ["mac", "mac"] } }, /names has a host twice/],
  [
    "a credential that builds could read",
    { ...good, github: { secretRef: { name: "github" } }, cellSecrets: [{ name: "github" }] },
    /cellSecrets.*credential/,
  ],
];

describe("an invalid pool", () => {
  const { kubeconfig } = anE2ECluster();
  const metadata = { name: "nonsense" };

  async function answer(spec: object): Promise<string> {
    const pool = JSON.stringify({ apiVersion: "ci.alice.cern.ch/v1alpha1", kind: "BuilderPool", metadata, spec });
    const args = [`--namespace=${home}`, "create", "--dry-run=server", "--filename=-"];
    return kubectl(kubeconfig, args, pool).catch((error: Error) => error.message);
  }

  it.each(pools)("with %s is rejected with a message that names the field", async (_, spec, sentence) => {
    expect(await answer(spec)).toMatch(sentence);
  });

  it("differs from a complete pool, which is accepted", async () => {
    expect(await answer(good)).toMatch(/builderpool.* created \(server dry run\)/);
  });
});
