import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { generatedKinds } from "../../../scripts/generate/kinds.ts";
import { type Schema, schemaOf } from "../../../scripts/generate/schema.ts";
import { checkSettings } from "../../../src/api/objects/check.ts";
import type { BuilderPool } from "../../../src/api/objects/pool.ts";
import { validations } from "../../../src/api/objects/validations.ts";
import { buildIdentifierOf, buildVectorOf } from "../../../src/core/definitions/alibuild.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { manifestsOf } from "../../../src/core/pool/manifest/all.ts";
import { podTemplateOf } from "../../../src/core/pool/manifest/pod/podTemplate.ts";
import { budgetOf } from "../../../src/core/pool/rollout/budget.ts";
import { revisionOf } from "../../../src/core/pool/rollout/revision.ts";
import { decideTrust } from "../../../src/core/pullRequest/trust.ts";
import { fieldsWithoutEffectOf } from "../../../src/local/pools/withoutEffect.ts";
import { createS3LogStore } from "../../../src/logs/stores/s3.ts";
import { sha } from "../../support/objects/build.ts";
import { aPullRequest } from "../../support/objects/pullRequest.ts";
import { aPool } from "../core/pool/manifest/aPool.ts";
import { setting } from "../core/pool/manifest/setting.ts";
import type { Modes, Observed, Proof } from "./proof.ts";
import { proofs } from "./proofs.ts";

const tests = resolve(import.meta.dirname, "../..");
const schema = schemaOf(generatedKinds.find(({ kind }) => kind === "BuilderPool") ?? expect.fail("no kind"))
  .properties?.["spec"];
if (schema === undefined) throw new Error("no spec");

/** Every field without fields of its own. `[]` is an item of a list, and `{}` a value of a map with any keys. */
function fieldsOf(node: Schema, path: string): readonly string[] {
  if (node.items !== undefined) return fieldsOf(node.items, `${path}[]`);
  if (node.additionalProperties !== undefined) return fieldsOf(node.additionalProperties, `${path}{}`);
  if (node.properties === undefined) return [path];
  return Object.entries(node.properties).flatMap(([name, inner]) => fieldsOf(inner, `${path}.${name}`));
}

/** The settings of a check are the settings of its pool. */
const isInherited = (path: string) => {
  const name = /^spec\.checks\[\]\.(\w+)/.exec(path)?.[1];
  return name !== undefined && name in checkSettings;
};
const fields = fieldsOf(schema, "spec");
const table: Readonly<Record<string, Modes>> = proofs;

const teams = new Map([["experts", new Set(["alice"])]]);
const facts = { headHash: sha(1), baseHash: sha(2), processors: 8 };

/** What a change of the spec may change. */
function observe(
  observed: Observed,
  spec: object,
  about: { association?: string; isApproved?: boolean } = {},
): unknown {
  const pool = aPool(spec);
  const [check] = poolChecksOf(pool).checks;
  if (check === undefined) throw new Error("no check");
  const { association = "NONE", isApproved = false } = about;
  const approvals = isApproved ? [{ commit: sha(9), association: "NONE" }] : [];
  const observations: Readonly<Record<Observed, () => unknown>> = {
    checks: () => poolChecksOf(pool).checks.map(({ name }) => name),
    arguments: () => buildVectorOf(check, { ...facts, identifier: buildIdentifierOf(check, undefined) }),
    budget: () => budgetOf(pool.spec),
    pod: () => manifestsOf(pool, "ci", 2, podTemplateOf(pool, setting, "r")),
    logAddress: () => addressOf(pool.spec.logs),
    trust: () => decideTrust(check.trust, aPullRequest({ author: "alice", association, approvals }), teams).trusted,
  };
  return observations[observed]();
}

/** Builders of one machine restart when it changes. */
const restarts = ({ spec }: BuilderPool) => revisionOf(spec, undefined, true);

function addressOf({ s3, url }: BuilderPool["spec"]["logs"]): string | undefined {
  if (s3 === undefined) return undefined;
  return createS3LogStore({ s3, url, keys: async () => expect.fail("no request") }).url("a/b");
}

/** Why a proof does not hold; undefined if it holds. */
function flawOf(field: string, mode: keyof Modes, proof: Proof): string | undefined {
  const name = /(?<last>\w+)[^\w]*$/.exec(field)?.groups?.["last"] ?? field;
  if (proof.kind === "differs") {
    const { observed, change, beside } = proof;
    const [before, after] = observed === "trust" ? [{}, change] : [beside, change];
    const [a, b] = [before, after].map((spec) => JSON.stringify(observe(observed, spec, beside)));
    return a === b ? `${field} changes nothing of ${observed}` : undefined;
  }
  if (proof.kind === "tested") {
    const text = readFileSync(join(tests, `${proof.file}.test.ts`), "utf8");
    if (!text.includes(`"${proof.title}"`)) return `${proof.file} has no test "${proof.title}"`;
    return text.toLowerCase().includes(name.toLowerCase()) ? undefined : `${proof.file} does not mention ${field}`;
  }
  if (proof.kind === "names") {
    if (mode === "cluster") return `${field} is named without effect in a cluster, where nobody reads the note`;
    const top = field.split(".")[1]?.replace("[]", "");
    const pool = aPool({ image: undefined, ...proof.change });
    const notes = fieldsWithoutEffectOf(pool);
    if (restarts(pool) !== restarts(aPool({ image: undefined }))) return `${field} restarts builders without an effect`;
    return notes.some((note) => note.startsWith(`o2: spec.${top} has no effect`))
      ? undefined
      : `no note names ${field}`;
  }
  const refusals = validations.BuilderPool.filter(({ message }) => message === proof.message);
  return refusals.some(({ rule }) => rule.includes(name)) ? undefined : `no rule refuses ${field}: ${proof.message}`;
}

describe("every field of a pool", () => {
  it("is listed with a proof of its effect, and nothing else is", () => {
    expect(Object.keys(table).toSorted()).toEqual(fields.filter((path) => !isInherited(path)).toSorted());
  });

  it.each(Object.entries(table))(
    "%s has an effect in a cluster and on one machine, or is refused or named",
    (field, modes) => {
      expect(flawOf(field, "cluster", modes.cluster)).toBeUndefined();
      expect(flawOf(field, "machine", modes.machine)).toBeUndefined();
    },
  );

  it("that is refused in a cluster stays without effect there even if an older definition accepts it", () => {
    const refused = { logs: { directory: "/x", keep: "1d" }, external: { names: ["a"] } };
    expect(observe("pod", refused)).toEqual(observe("pod", {}));
  });
});

/** A value of each setting that differs from its default. */
const samples: Readonly<Record<keyof typeof checkSettings, unknown>> = {
  repository: "alisw/O2",
  branch: "dev",
  checkout: "Other",
  package: "O2Suite",
  defaults: "o2-epn",
  developmentPackages: [{ repository: "alisw/alidist", branch: "next" }],
  trust: { users: ["alice"] },
  comments: false,
  sharedTree: true,
  env: { A: "b" },
  onlyWhenChanged: ["DATA/"],
  remoteStore: "",
  jobs: 3,
  compiler: "",
  base: "Tip",
  timeouts: { build: "1h" },
  maxGrowth: "1M",
  maxFiles: 7,
  quota: { size: "1G" },
  tool: { alibuild: "1.17.40" },
};

describe("a setting of a check", () => {
  const name = "build/O2/o2";
  const resolved = (spec: object) => JSON.stringify(poolChecksOf(aPool(spec)));

  it.each(Object.entries(samples))("%s is taken from the check, or else from the pool", (setting_, value) => {
    const own = { checks: [{ name, [setting_]: value }] };
    const inherited = { checks: [{ name }], [setting_]: value };
    expect(resolved(own)).toBe(resolved(inherited));
    expect(resolved(own)).not.toBe(resolved({ checks: [{ name }] }));
  });
});
