import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { anInstallation, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";

const limit = { timeout: 180_000, interval: 500 };

describe("a canary rollout on one machine", () => {
  let machine: Installation;
  let up: UpProcess;
  const commits: string[] = [];
  let before: string | undefined;
  /** Builds of pull requests with `sees` fail at a revision with this Secret only. */
  const broken = { cellSecrets: [{ name: "broken" }] };
  const sees = { "test/sees.test": 'test ! -e "$BUILDERPOOL_SECRETS/broken/key"\n' };

  beforeAll(async () => {
    machine = await anInstallation();
    for (const name of ["good", "broken"]) {
      mkdirSync(join(machine.workDir, "secrets", name), { recursive: true });
      writeFileSync(join(machine.workDir, "secrets", name, "key"), "k", { mode: 0o600 });
    }
    await machine.declare({ instances: 2 });
    up = machine.up();
    await up.line(/hello-0.*[Rr]eady/);
    await up.line(/hello-1.*[Rr]eady/);
  });
  afterAll(() => machine.close());

  const declare = (agree: number, spec: object, update: object = {}) =>
    machine.declare({ instances: 2, update: { canary: { agree }, ...update }, ...spec });
  const status = async () => (await machine.get<"BuilderPool">("pools"))[0]?.status;
  const condition = async (type: string) => {
    const found = (await status())?.conditions?.find((one) => one.type === type);
    return `${found?.reason}: ${found?.message}`;
  };
  const revisions = async () => (await machine.get<"Builder">("builders")).map((one) => one.status?.revision);
  const terminal = (commit: string) => machine.statuses(commit).filter((text) => !text.startsWith("pending"));
  async function propose(title: string, files: Readonly<Record<string, string>> = {}): Promise<void> {
    const { commit } = await machine.propose(title, { ...greeting(`Hello, ${title}`), ...files });
    await expect.poll(() => terminal(commit), limit).toEqual(["success"]);
    commits.push(commit);
  }

  it("builds shadows in silence, and says how many verdicts agree", async () => {
    await propose("one");
    before = (await status())?.revision;
    await declare(2, { cellSecrets: [{ name: "good" }] });
    const message = /the canary "hello-1" builds shadows, 1 of 2 verdicts agree$/;
    await expect.poll(() => condition("Progressing"), limit).toMatch(message);
    const [loud, canary] = await machine.get<"Builder">("builders");
    expect(loud?.status).toMatchObject({ revision: before, silent: false });
    expect(canary?.status).toMatchObject({ silent: true, canary: true });
    expect((await machine.run("get", "builders")).stdout).toMatch(/hello-1.*Ready \(canary\)/);
    expect((await machine.run("get", "pools")).stdout).toMatch(/hello: .*1 of 2 verdicts agree/);
  });

  it("goes through all builders when enough verdicts agree", async () => {
    await propose("two");
    await expect.poll(async () => (await status())?.canary, limit).toBeUndefined();
    await expect.poll(async () => new Set(await revisions()), limit).toEqual(new Set([(await status())?.revision]));
    before = (await status())?.revision;
  });

  it("stops at a confirmed disagreement, and returns with onStall: Rollback", async () => {
    await declare(50, broken);
    await expect.poll(async () => (await machine.run("get", "builders")).stdout, limit).toMatch(/Ready \(canary\)/);
    await propose("three", sees);
    await expect
      .poll(() => condition("Stalled"), limit)
      .toMatch(/^CanaryDisagrees: .*Failure for .*, and the loud builders gave Success twice/);
    expect((await revisions())[0]).toBe(before);
    const builds = await machine.get<"Build">("builds");
    const target = (await status())?.revision;
    const verdicts = builds.flatMap((one) => [one.status?.verdict, ...(one.status?.history ?? [])]);
    expect(verdicts.filter((one) => one?.revision === target && !one?.silent)).toEqual([]);
    await declare(50, broken, { onStall: "Rollback" });
    await expect.poll(() => condition("Stalled"), limit).toMatch(/^RolledBack: .*Failure for/);
    await expect.poll(async () => new Set(await revisions()), limit).toEqual(new Set([before]));
    await propose("four", sees);
  });

  it("never publishes anything of a shadow", async () => {
    for (const commit of commits) expect(new Set(terminal(commit))).toEqual(new Set(["success"]));
    const shadows = (await machine.get<"Build">("builds")).filter(({ spec }) => spec.shadow !== undefined);
    expect(shadows.length).toBeGreaterThan(2);
    for (const { status: own } of shadows) expect(own?.reported).toBeUndefined();
  });

  it("is refused in the pool file when no loud builder is left", async () => {
    await declare(2, { instances: 2 }, { canary: { builders: 2 } });
    await up.line(/update\.canary\.builders is 2, which leaves no loud builder to compare with/);
  });
});
