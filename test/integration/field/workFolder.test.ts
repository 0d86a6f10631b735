import { mkdir, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { workPathTroubleOf } from "../../../src/builder/machine/workFolder.ts";
import { pathTroubleOf } from "../../../src/core/machine/workPath.ts";
import { anInstallation, type Installation } from "../../support/up/installation.ts";

describe("the path of a work folder", () => {
  it.each(["/", "/data/ci", "/Users/a.b/ci_1+2@x", "/data/a-b/c,d=e%f~"])("may be %s", (path) => {
    expect(pathTroubleOf(path)).toBeUndefined();
  });

  it.each([
    ["/data/My Builds (2)/work", "a blank"],
    ["/data/a:b", '":"'],
    ["/data/it's", '"\'"'],
    ["/data/$HOME", '"$"'],
    ["/data/a\tb", '"\\t"'],
    ["/data/größe", '"ö"'],
    ["/data/a;b", '";"'],
    [`/data/${"x".repeat(110)}`, "116 characters"],
  ])("cannot be %s", (path, reason) => {
    expect(pathTroubleOf(path)).toContain(reason);
  });
});

describe("a work folder with a blank in its path", () => {
  let installation: Installation;
  let folder: string;
  beforeAll(async () => {
    installation = await anInstallation();
    await installation.declare();
    folder = await mkdtemp(join(tmpdir(), "my builds "));
  });
  afterAll(async () => {
    await installation.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("is refused by doctor and up at once, in one sentence", async () => {
    const workDir = join(folder, "work");
    const doctor = await installation.run("doctor", "-f", installation.poolFile, "--work-dir", workDir);
    expect(doctor.exitCode).toBe(1);
    expect(doctor.stdout).toContain(`${workDir}: its path has a blank`);
    const up = await installation.run("up", "-f", installation.poolFile, "--work-dir", workDir);
    expect(up.exitCode).toBe(2);
    expect(up.stderr).toContain(`work folder ${workDir}: its path has a blank`);
    expect(up.stderr.trim().split("\n")).toHaveLength(1);
  });

  it("is refused behind a link without a blank", async () => {
    await mkdir(join(folder, "real"));
    const link = join(installation.directory, "link");
    await symlink(join(folder, "real"), link);
    expect(workPathTroubleOf(join(link, "work"))).toContain("a blank");
    expect(workPathTroubleOf(join(installation.directory, "work"))).toBeUndefined();
  });
});

describe("an architecture that aliBuild does not know", () => {
  it("is found by doctor", async () => {
    const installation = await anInstallation();
    await installation.declare({ architecture: "debian13_x86-64" });
    const { stdout, exitCode } = await installation.run("doctor", "-f", installation.poolFile);
    expect(exitCode).toBe(1);
    expect(stdout).toContain("pool hello: aliBuild does not know architecture debian13_x86-64");
    await installation.close();
  });
});
