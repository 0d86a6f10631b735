import { BlockList } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import type { BuilderPool } from "../../../../../src/api/objects/pool.ts";
import { BuilderEnvironment, readEnvironment } from "../../../../../src/builder/environment.ts";
import { refusedVolumes } from "../../../../../src/core/definitions/cellSecrets.ts";
import { killAfter } from "../../../../../src/core/liveness/heartbeat.ts";
import { manifestsOf } from "../../../../../src/core/pool/manifest/all.ts";
import { egressRulesOf } from "../../../../../src/core/pool/manifest/egress.ts";
import type { Manifest } from "../../../../../src/core/pool/manifest/manifest.ts";
import { networkPolicyOf } from "../../../../../src/core/pool/manifest/networkPolicy.ts";
import { podTemplateOf } from "../../../../../src/core/pool/manifest/pod/podTemplate.ts";
import { refusalOf } from "../../../../../src/core/pool/manifest/refusal.ts";
import { builderRules, operatorRules, type Rule } from "../../../../../src/core/pool/manifest/rights.ts";
import { revisionOf } from "../../../../../src/core/pool/rollout/revision.ts";
import { aPool } from "./aPool.ts";
import { setting } from "./setting.ts";

interface Mount {
  readonly name: string;
  readonly subPath?: string;
}
interface Container {
  readonly volumeMounts: readonly Mount[];
  readonly env?: readonly { readonly name: string; readonly value?: string }[];
}
interface PodText {
  readonly spec: {
    readonly initContainers: readonly Container[];
    readonly containers: readonly Container[];
    readonly volumes: readonly { readonly name: string; readonly projected?: object }[];
  };
}

function manifests(pool: BuilderPool): readonly Manifest[] {
  const template = podTemplateOf(pool, setting, revisionOf(pool.spec, setting.builderImage));
  return manifestsOf(pool, "ci", pool.spec.instances, template);
}

const plain = aPool();
const rich = aPool({
  instances: 1,
  workspace: { size: "500Gi", storageClassName: "fast" },
  cellSecrets: [{ name: "grid.token" }],
  update: { maxUnavailable: "50%", drainTimeout: "6h" },
  logs: { s3: { endpoint: "https://s3.example.org", bucket: "logs", secretRef: { name: "bucket" } } },
  template: {
    resources: { requests: { cpu: "16", memory: "32Gi" }, limits: { memory: "64Gi" } },
    nodeSelector: { "node.kubernetes.io/instance-type": "large" },
    tolerations: [{ key: "ci", operator: "Exists", effect: "NoSchedule" }],
    affinity: { podAntiAffinity: {} },
    volumes: [{ name: "cvmfs", hostPath: { path: "/cvmfs" } }],
    volumeMounts: [{ name: "cvmfs", mountPath: "/cvmfs", readOnly: true }],
    runtimeClassName: "gvisor",
    annotations: { "example.org/owner": "ci" },
  },
});

/** `vitest run --project unit test/unit/core/pool/manifest -u` updates the golden files. */
describe("the objects of a pool in a cluster", () => {
  it.each(manifests(plain).map((manifest) => [manifest.kind, manifest] as const))(
    "match the golden file of a plain pool: %s",
    async (kind, manifest) => {
      await expect(stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
        `plain/${kind}.yaml`,
      );
    },
  );

  it.each(
    manifests(rich)
      .filter(({ kind }) => ["StatefulSet", "PodDisruptionBudget"].includes(kind))
      .map((manifest) => [manifest.kind, manifest] as const),
  )("match the golden file of a pool with all fields: %s", async (kind, manifest) => {
    await expect(stringify(manifest, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
      `rich/${kind}.yaml`,
    );
  });

  it("match the golden file of a network policy with an allow-list", async () => {
    const policy = networkPolicyOf(plain, [
      { cidr: "192.0.2.0/24", except: ["192.0.2.7/32"], ports: [{ port: 443 }, { port: 8000, endPort: 8100 }] },
      { cidr: "0.0.0.0/0", ports: [{ port: 9418 }] },
      { cidr: "2001:db8::/32", ports: [{ port: 53, protocol: "UDP" }] },
    ]);
    await expect(stringify(policy, { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(
      "rich/NetworkPolicy.yaml",
    );
  });

  it("keep the credentials of nodes closed for every allow-list", () => {
    fc.assert(
      fc.property(fc.nat(32), fc.ipV4(), fc.nat(128), fc.ipV6(), (prefix, address, prefix6, address6) => {
        const targets = [{ cidr: `${address}/${prefix}` }, { cidr: `${address6}/${prefix6}` }];
        const text = JSON.stringify(egressRulesOf([...targets, { cidr: `fd00:ec2::254/${prefix6}` }]));
        const holds = new BlockList();
        holds.addSubnet(address, prefix);
        const holds6 = new BlockList();
        holds6.addSubnet(address6, prefix6, "ipv6");
        expect(text.includes('"169.254.169.254/32"')).toBe(holds.check("169.254.169.254"));
        const closed = text.split('"fd00:ec2::254/128"').length - 1;
        const own = prefix6 === 128 ? text.split('"cidr":"fd00:ec2::254/128"').length - 1 : 0;
        expect(closed - own).toBe(holds6.check("fd00:ec2::254", "ipv6") ? 2 : 1);
      }),
    );
  });

  it("trust the authority of the log service in the builder, and not in the cell", () => {
    const { logs } = setting;
    const own = { ...setting, logs: { ...logs, caConfigMap: "logs-ca" } };
    const { spec }: PodText = JSON.parse(JSON.stringify(podTemplateOf(plain, own, "r")));
    expect(spec.containers[0]?.env).toContainEqual({
      name: "NODE_EXTRA_CA_CERTS",
      value: "/etc/builderpool-logs-ca/ca.crt",
    });
    expect(spec.volumes).toContainEqual({ name: "logs-ca", configMap: { name: "logs-ca" } });
    expect(spec.initContainers.flatMap(({ volumeMounts }) => volumeMounts).map(({ name }) => name)).not.toContain(
      "logs-ca",
    );
  });

  it("have the pool as owner, and its label", () => {
    for (const { metadata } of manifests(plain)) {
      expect(metadata.labels).toMatchObject({ "ci.alice.cern.ch/pool": "o2" });
      expect(metadata.ownerReferences).toMatchObject([{ uid: plain.metadata.uid, controller: true }]);
    }
  });
});

describe("the builder's environment", () => {
  it.each([
    ["plain", plain],
    ["rich", rich],
  ])("of a %s pool has only variables that the builder reads", (_what, pool) => {
    const { spec }: PodText = JSON.parse(JSON.stringify(podTemplateOf(pool, setting, "r")));
    const variables = spec.containers[0]?.env ?? [];
    const env = Object.fromEntries(variables.map(({ name, value = "downward" }) => [name, value]));
    expect(Object.keys(env).filter((name) => !(name in BuilderEnvironment.shape))).toEqual([]);
    const read = readEnvironment(env);
    expect(read).toMatchObject({ pool: "o2", revision: "r", logs: { putUrl: setting.logs.url } });
    expect(read.logs.bucket?.bucket).toBe(pool.spec.logs.s3?.bucket);
  });
});

describe("the tokens of a builder", () => {
  it("are renewed before killAfter, so that a builder survives a recreated ServiceAccount", () => {
    const text = JSON.stringify(podTemplateOf(plain, setting, "r"));
    const lives = [...text.matchAll(/"expirationSeconds":(\d+)/g)].map(([, seconds]) => Number(seconds) * 1000);
    expect(lives).toHaveLength(2);
    // The kubelet renews a token after four fifths of its lifetime, and checks every minute or two.
    for (const life of lives) expect(life * 0.8 + 150_000).toBeLessThan(killAfter);
  });
});

describe("the refusal of a pool", () => {
  it.each([
    [aPool({ image: undefined }), /spec\.image is missing/],
    [aPool({ architecture: undefined }), /spec\.architecture is missing/],
    [aPool({}, "2o"), /begins with a letter.*"2o"/],
    [aPool({}, "o2.dev"), /letters, digits and dashes/],
    [aPool({}, "a".repeat(51)), /at most 50/],
    [aPool({ template: { volumes: [{ name: "data", emptyDir: {} }] } }), /a volume of this name already/],
    [
      aPool({ template: { volumeMounts: [{ name: "api-token", mountPath: "/token" }] } }),
      /"api-token", which is not among spec\.template\.volumes/,
    ],
    [
      aPool({
        template: { volumes: [{ name: "mine", projected: { sources: [{ serviceAccountToken: { path: "token" } }] } }] },
      }),
      /a token of the API server in "mine": builds could read it/,
    ],
  ])("names the wrong field (%#)", (pool, sentence) => {
    expect(refusalOf(pool)).toMatch(sentence);
  });

  it.each([plain, rich])("is absent for a valid pool", (pool) => {
    expect(refusalOf(pool)).toBeUndefined();
  });
});

describe("an added volume of a pool", () => {
  const github = aPool({ github: { secretRef: { name: "github" } } });

  it.each([
    { name: "x", secret: { secretName: "github" } },
    { name: "x", projected: { sources: [{ configMap: { name: "a" } }, { secret: { name: "github" } }] } },
  ])("is refused with a credential of a pool (%#)", (volume) => {
    expect(refusedVolumes(aPool({ template: { volumes: [volume] } }, "other"), [github])).toEqual([
      "spec.template.volumes names github, which is the credential of pool o2 (spec.github.secretRef): builds could read it; use a separate Secret for builds",
    ]);
  });

  it("may contain any other Secret", () => {
    const volumes = [
      { name: "x", secret: { secretName: "grid" } },
      { name: "shm", emptyDir: {} },
    ];
    expect(refusedVolumes(aPool({ template: { volumes } }, "other"), [github])).toEqual([]);
  });
});

describe("the image pull Secrets", () => {
  it("of the installation apply to the images of the pool and of the builder", () => {
    const { spec } = podTemplateOf(plain, { ...setting, pullSecrets: ["registry"] }, "r");
    expect(spec).toMatchObject({ imagePullSecrets: [{ name: "registry" }] });
  });
});

describe("the revision", () => {
  it("changes with the log bucket, in a cluster", () => {
    const [a, b] = ["a-bucket", "b-bucket"].map((bucket) => {
      const s3 = { endpoint: "https://s3.example.org", bucket, secretRef: { name: "keys" } };
      return aPool({ logs: { s3 } }).spec;
    });
    if (a === undefined || b === undefined) throw new Error("no pools");
    expect(revisionOf(a, "builder:1")).not.toBe(revisionOf(b, "builder:1"));
    expect(revisionOf(a)).toBe(revisionOf(b));
  });

  it("changes with the git credential and its address, in a cluster", () => {
    const github = { gitSecretRef: { name: "a" } };
    const [a, b, c] = [
      { github },
      { github: { gitSecretRef: { name: "b" } } },
      { github: { ...github, gitUrl: "https://git.example.org" } },
    ].map((spec) => aPool(spec).spec);
    if (a === undefined || b === undefined || c === undefined) throw new Error("no pools");
    expect(new Set([a, b, c].map((spec) => revisionOf(spec, "builder:1"))).size).toBe(3);
    expect(new Set([a, b, c].map((spec) => revisionOf(spec, undefined, true))).size).toBe(1);
  });

  it("changes with the image of the builder, so that a new version rolls", () => {
    expect(revisionOf(plain.spec, "builder:2")).not.toBe(revisionOf(plain.spec, "builder:1"));
  });
});

describe("the operator's rights", () => {
  const pairs = (rules: readonly Rule[]) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) => verbs.map((verb) => `${verb} ${resource}.${group}`)),
      ),
    );

  it("include all rights of builders, since the API server refuses other grants", () => {
    const own = new Set(pairs(operatorRules));
    expect(pairs(builderRules).filter((pair) => !own.has(pair))).toEqual([]);
  });

  it("grant builders nothing about Secrets, pods or the spec of any object", () => {
    const writes = pairs(builderRules).filter((pair) => !/^(get|list|watch) /.test(pair));
    expect(writes).toEqual([
      "update builders/status.ci.alice.cern.ch",
      "update builds/status.ci.alice.cern.ch",
      "create leases.coordination.k8s.io",
      "update leases.coordination.k8s.io",
    ]);
    expect(pairs(builderRules).join()).not.toMatch(/secrets|pods/);
  });
});
