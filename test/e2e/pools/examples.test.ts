import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ResolvedCheck } from "../../../src/api/objects/check.ts";
import { BuilderPool } from "../../../src/api/objects/pool.ts";
import { poolChecksOf } from "../../../src/core/definitions/checks.ts";
import { kubectl } from "../../support/cluster/kubectl.ts";
import { alidist } from "../../support/up/installation.ts";
import { anE2ECluster } from "../support/cluster.ts";
import { home } from "../support/installChart.ts";
import { aScenario } from "../support/scenario.ts";
import { waitFor } from "../support/waitFor.ts";

const folder = resolve(import.meta.dirname, "../../../examples");
const examples = readdirSync(folder)
  .filter((name) => name.endsWith(".yaml"))
  .map((file) => ({ file, manifest: parse(readFileSync(join(folder, file), "utf8")) }));

/** All repositories of the checks, each with its branches. */
function branchesOf(checks: readonly ResolvedCheck[]): ReadonlyMap<string, ReadonlySet<string>> {
  const branches = new Map<string, Set<string>>();
  for (const check of checks) {
    for (const { repository, branch = "master" } of [check, ...check.developmentPackages])
      branches.set(repository, (branches.get(repository) ?? new Set()).add(branch));
  }
  return branches;
}

/** Recipes of trivial packages that need the development packages of their checks, and empty defaults. */
function recipesOf(checks: readonly ResolvedCheck[]): Readonly<Record<string, string>> {
  const needs = new Map<string, Set<string>>();
  for (const { package: name, developmentPackages } of checks) {
    const others = developmentPackages.map(({ directory }) => directory).filter((one) => one !== "alidist");
    for (const one of [name, ...others]) needs.set(one, needs.get(one) ?? new Set());
    for (const one of others.filter((other) => other !== name)) needs.get(name)?.add(one);
  }
  const body = 'mkdir -p "$INSTALLROOT/share"\necho built > "$INSTALLROOT/share/made"\n';
  const files = [...needs].map(([name, required]) => [
    `${name.toLowerCase()}.sh`,
    `package: ${name}\nversion: "1"\nrequires: ${JSON.stringify([...required])}\n---\n#!/bin/bash -e\n${body}`,
  ]);
  const defaults = checks.map(({ defaults: name }) => [
    `defaults-${name}.sh`,
    `package: defaults-${name}\nversion: v1\n---\n`,
  ]);
  return Object.fromEntries([...files, ...defaults]);
}

const cluster = anE2ECluster();
/** A tarball store without tarballs. */
const store = createServer((_, response) => void response.end("[]"));
beforeAll(() => new Promise<void>((listens) => store.listen(0, cluster.hostAddress, listens)));
afterAll(() => new Promise((closed) => store.close(closed)));

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" ? (address?.port ?? 0) : 0;
}

describe.each(examples)("examples/$file", ({ manifest }) => {
  const name: string = manifest.metadata.name;
  const scenario = aScenario(name);
  const { checks } = poolChecksOf(BuilderPool.parse(manifest));
  const isSilent = manifest.spec.silent === true;
  const commits = new Map<string, string>();

  it("is accepted by the API server unchanged", async () => {
    const args = [`--namespace=${home}`, "create", "--dry-run=server", "--output=json", "--filename=-"];
    const accepted = JSON.parse(await kubectl(cluster.kubeconfig, args, JSON.stringify(manifest)));
    expect(accepted.spec).toMatchObject(manifest.spec);
  });

  it("warms up with the image and resources of the tests", async () => {
    const { state, apiUrl, gitUrl } = scenario.github();
    for (const [repository, [first, ...others]] of branchesOf(checks)) {
      if (repository === alidist) continue;
      await state.createRepository({ repository, files: { "README.md": "Begin\n" }, ...(first && { branch: first }) });
      for (const branch of others) await state.pushBranch({ repository, branch });
    }
    await state.pushBranch({ repository: alidist, files: recipesOf(checks) });
    const { resources: _, ...template } = manifest.spec.template ?? {};
    const spec = {
      ...manifest.spec,
      template,
      instances: 1,
      image: cluster.images.cell,
      workspace: { size: "1Gi" },
      cleanup: { minFree: "1Ki" },
      // The image contains aliBuild 1.17.44: pods reach neither a package index nor the tarball store.
      tool: { alibuild: "1.17.44" },
      remoteStore: `http://${cluster.hostAddress}:${portOf(store)}`,
      github: { apiUrl, gitUrl, pollInterval: "1s", secretRef: { name: `${name}-github` } },
    };
    await scenario.apply({ ...manifest, spec });
    await scenario.ready(1);
    expect((await scenario.builder(0))?.status?.warmup?.failures ?? []).toEqual([]);
  });

  it("builds a pull request for each of its checks", async () => {
    const { state } = scenario.github();
    for (const { repository, branch } of checks) {
      if (commits.has(`${repository} ${branch}`)) continue;
      const files = { "DATA/change": "Changed\n" };
      const pull = await state.openPullRequest({ repository, base: branch, title: "Change", author: "ktf", files });
      commits.set(`${repository} ${branch}`, pull.commits.at(-1)?.oid ?? "");
    }
    await waitFor("a verdict for each check", async () => {
      const builds = await scenario.list<"Build">("builds");
      return checks.every((check) => builds.find(({ spec }) => spec.check === check.name)?.status?.verdict);
    });
    const builds = await scenario.list<"Build">("builds");
    for (const { spec, status } of builds)
      expect({ ...spec, ...status?.verdict }).toMatchObject({ check: spec.check, result: "Success", silent: isSilent });
    expect(builds).toHaveLength(checks.length);
  });

  it("publishes the verdicts unless it is silent", async () => {
    const { state } = scenario.github();
    const shown = () =>
      checks.map(({ name: context, repository, branch }) => {
        const all = state.statuses(repository, commits.get(`${repository} ${branch}`) ?? "");
        return all.some((status) => status.context === context && status.state === "success");
      });
    await waitFor("GitHub to show the verdicts", async () => isSilent || shown().every(Boolean));
    if (isSilent) expect(shown()).toEqual(checks.map(() => false));
    expect(await scenario.violations()).toEqual([]);
  });
});
