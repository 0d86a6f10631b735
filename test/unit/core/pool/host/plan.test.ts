import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { apiVersion } from "../../../../../src/api/objects/group.ts";
import type { Stored } from "../../../../../src/api/objects/kinds.ts";
import { isActive } from "../../../../../src/core/partition/active.ts";
import { hostManifestsOf } from "../../../../../src/core/pool/host/manifests.ts";
import { type HostAction, type ObservedHost, planAccount } from "../../../../../src/core/pool/host/plan.ts";

const [a, b] = ["a".repeat(64), "b".repeat(64)] as const;
const sentence =
  'Two machines used the account of "mac01" (aaaaaaaa and bbbbbbbb), so the account was renewed and both are cut off: stop the agent of one machine, then run `builderpool join mac01 -n ci` for the other';

/** The Builder of a host, and its account. A plan changes both. */
class World {
  annotations: Record<string, string> = {};
  status: Stored<"Builder">["status"];
  account: ObservedHost["account"];
  accounts = 0;
  builderUid = "builder-1";
  /** `spec.account`. */
  present: string | undefined;
  readonly events: string[] = [];
  /** Actions that fail from here on. */
  broken: HostAction["do"] | undefined;

  builder(): Stored<"Builder"> {
    const metadata = {
      name: "mac01",
      namespace: "ci",
      uid: this.builderUid,
      resourceVersion: "1",
      generation: 1,
      creationTimestamp: "2026-01-01T00:00:00Z",
      annotations: this.annotations,
    };
    const account = this.present === undefined ? {} : { account: this.present };
    const spec = { pool: "mac", desired: "Active", external: true, ...account } as const;
    return { apiVersion, kind: "Builder", metadata, spec, ...(this.status && { status: this.status }) };
  }

  observed(): ObservedHost {
    const account = this.account && { account: this.account };
    return { builder: this.builder(), namespace: "ci", secrets: ["grid"], ...account };
  }

  report(machine: string | undefined, account = this.account): void {
    const podUid = account?.uid ?? "";
    const warm = { incarnation: "run", revision: "r1", at: "2026-01-01T00:00:00Z" };
    this.status = {
      phase: "Ready",
      incarnation: "run",
      revision: "r1",
      warm,
      podUid,
      ...(machine !== undefined && { machine }),
    };
  }

  /** Another Builder of the same name. The account of the first one goes with it. */
  revoke(): void {
    this.builderUid = `${this.builderUid}+`;
    [this.status, this.account, this.present, this.annotations] = [undefined, undefined, undefined, {}];
  }

  /** Carries out one plan. */
  step(): void {
    for (const action of planAccount(this.observed())) this.act(action);
  }

  /** Carries out plans until one changes nothing. */
  settle(): void {
    for (let pass = 0; pass < 5; pass += 1) {
      const before = JSON.stringify(this.observed());
      for (const action of planAccount(this.observed())) {
        if (action.do === this.broken) return;
        this.act(action);
      }
      if (JSON.stringify(this.observed()) === before) return;
    }
    throw new Error("the plans do not converge");
  }

  private act(action: HostAction): void {
    switch (action.do) {
      case "applyObject":
        if (action.manifest.kind === "ServiceAccount" && this.account === undefined) {
          this.accounts += 1;
          this.account = { uid: `account-${this.accounts}`, owner: this.builderUid };
        }
        return;
      case "endAccount":
        if (this.account?.uid === action.uid) this.account = undefined;
        if (action.reason !== "AsDesired") this.events.push(`${action.reason}: ${action.message}`);
        return;
      case "annotate": {
        const entries = Object.entries({ ...this.annotations, ...action.annotations });
        this.annotations = Object.fromEntries(entries.filter((e): e is [string, string] => e[1] !== undefined));
        return;
      }
      case "setAccount":
        this.present = action.uid;
        return;
      case "awaitHost":
        this.status = action.status;
    }
  }
}

/** A host whose machine `a` has reported. */
function joined(): World {
  const world = new World();
  world.settle();
  world.report(a);
  world.settle();
  return world;
}

describe("the account of a host", () => {
  it("is created with its Role and RoleBinding, and then stays", () => {
    const world = new World();
    const created = Array(3).fill("applyObject");
    expect(planAccount(world.observed()).map((action) => action.do)).toEqual(created);
    world.settle();
    world.report(undefined);
    world.settle();
    expect([world.accounts, world.annotations]).toEqual([1, {}]);
  });

  it("leaves a host Pending with the command to type, until it reports", () => {
    const world = new World();
    world.settle();
    const awaited = '"mac01" has not joined: builderpool join mac01 -n ci';
    expect(world.status).toEqual({ phase: "Pending", incarnation: "", message: awaited });
    world.report(a);
    world.settle();
    expect(world.status).toMatchObject({ phase: "Ready", incarnation: "run" });
    world.account = undefined;
    world.settle();
    expect(world.status).toEqual({ phase: "Pending", incarnation: "", message: awaited });
  });

  it("does not count a host from the moment its account is revoked or renewed, whatever the host writes late", () => {
    const events = fc.constantFrom("join", "late", "second", "revoke", "renew", "step");
    const property = (names: readonly string[]) => {
      const world = new World();
      let last: ObservedHost["account"];
      for (const name of names) {
        if (name === "join" || name === "second") {
          last = world.account;
          world.report(name === "join" ? a : b);
        }
        if (name === "late") world.report(a, last);
        if (name === "renew") world.account = undefined;
        if (name === "revoke") world.revoke();
        if (name === "step" || name === "renew") world.step();
        const isPresent = world.account !== undefined && world.status?.podUid === world.account.uid;
        expect([name, isActive(world.builder()) && !isPresent]).toEqual([name, false]);
      }
      world.settle();
      const isPresent = world.status?.podUid !== undefined && world.status.podUid === world.account?.uid;
      expect(isActive(world.builder())).toBe(isPresent);
      expect(world.status?.phase).toBe(isPresent ? "Ready" : "Pending");
    };
    fc.assert(fc.property(fc.array(events, { maxLength: 12 }), property), { numRuns: 500 });
  });

  it("gets nothing while its Builder is deleted", () => {
    const builder = new World().builder();
    const deleted = { ...builder, metadata: { ...builder.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    expect(planAccount({ builder: deleted, namespace: "ci", secrets: [] })).toEqual([]);
  });

  it("of an earlier Builder of the same name ends, without an Event", () => {
    const world = joined();
    world.builderUid = "builder-2";
    world.annotations = {};
    world.settle();
    expect(world.account).toEqual({ uid: "account-2", owner: "builder-2" });
    expect(world.events).toEqual([]);
  });

  it("is renewed when a second machine uses it, and people are told", () => {
    const world = joined();
    world.report(b);
    world.settle();
    expect(world.account?.uid).toBe("account-2");
    expect(world.events).toEqual([`AccountRenewed: ${sentence}`]);
    expect(world.status?.message).toBe(sentence);
  });

  it("is told about until the host joins again, also after late reports of both machines", () => {
    const world = joined();
    const first = world.account;
    world.report(b);
    world.settle();
    for (const machine of [a, b]) {
      world.report(machine, first);
      world.settle();
      expect(world.status?.message).toBe(sentence);
    }
    world.report(b);
    world.settle();
    expect(world.status?.message).toBeUndefined();
    expect([world.accounts, world.events.length, Object.keys(world.annotations).length]).toEqual([2, 1, 1]);
  });

  it("is renewed once after an interruption at any step", () => {
    for (const broken of ["annotate", "setAccount", "endAccount", "applyObject", "awaitHost"] as const) {
      const world = joined();
      world.report(b);
      world.broken = broken;
      world.settle();
      world.broken = undefined;
      world.settle();
      expect([broken, world.accounts, world.status?.message]).toEqual([broken, 2, sentence]);
    }
  });

  it("is not renewed for a machine that was reinstalled after `join --again`", () => {
    const world = joined();
    world.account = undefined;
    world.settle();
    world.report(b);
    world.settle();
    expect([world.accounts, world.events]).toEqual([2, []]);
    expect(Object.values(world.annotations)).toEqual([`account-2 ${b}`]);
  });

  it("is not renewed by reports with an earlier account", () => {
    const world = joined();
    const first = world.account;
    world.account = undefined;
    world.settle();
    world.report(a);
    world.settle();
    world.report(b, first);
    world.settle();
    expect([world.accounts, world.events]).toEqual([2, []]);
  });
});

describe("the objects of a host", () => {
  const [account, role, binding] = hostManifestsOf(new World().builder(), "ci", ["grid"]);

  it("belong to the Builder, which their deletion does not block", () => {
    const owner = { apiVersion, kind: "Builder", name: "mac01", uid: "builder-1", controller: true };
    for (const object of [account, role, binding]) {
      expect(object?.metadata.ownerReferences).toEqual([owner]);
      expect(object?.metadata.name).toBe("mac01.mac.host");
    }
  });

  it("allow the token of the host itself, and the Secrets of the pool by name", () => {
    expect(role?.["rules"]).toMatchObject([
      {},
      {},
      {},
      { resources: ["serviceaccounts/token"], resourceNames: ["mac01.mac.host"], verbs: ["create"] },
      { resources: ["configmaps"], resourceNames: ["kube-root-ca.crt"], verbs: ["get"] },
      { resources: ["secrets"], resourceNames: ["grid"], verbs: ["get"] },
    ]);
  });

  it("allow no Secret when the pool has none", () => {
    const [, bare] = hostManifestsOf(new World().builder(), "ci", []);
    expect(JSON.stringify(bare)).not.toContain("secrets");
  });
});
