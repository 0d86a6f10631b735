import { chmod, mkdir, readdir, symlink, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Finding } from "../../../src/core/machine/finding.ts";
import { alidist, anInstallation, hello, type Installation, program } from "../../support/up/installation.ts";

describe("builderpool doctor", () => {
  let machine: Installation;
  let taken: Server;
  let port: number;
  beforeAll(async () => {
    machine = await anInstallation();
    machine.github.accounts.addToken("ghp_Classic", "alibuild", true, "repo:status, read:org");
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const address = taken.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
  });
  afterAll(async () => {
    taken.close();
    await machine.close();
  });

  const doctor = async (flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const args = ["doctor", "--work-dir", machine.workDir, "--listen", "127.0.0.1:0", ...flags];
    const own = { PATH: process.env["PATH"] ?? "", HOME: machine.directory };
    return execa(program, args, { env: { ...own, ...env }, extendEnv: false, reject: false });
  };
  const findings = async (flags: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const { stdout } = await doctor([...flags, "-o", "json"], env);
    return (JSON.parse(stdout) as { findings: Finding[] }).findings;
  };
  const about = (found: readonly Finding[], what: string) => found.filter((finding) => finding.about === what);

  it("accepts a suitable machine with reachable repositories, exits with 0 and leaves no files", async () => {
    await machine.declare();
    const { stdout, exitCode } = await doctor(["-f", machine.poolFile], { GITHUB_TOKEN: machine.github.token });
    expect(stdout).toMatch(/^ok {4}git {8}git version /m);
    expect(stdout).toMatch(/^ok {4}python {5}\/.*python3.* can create virtual environments$/m);
    expect(stdout).toContain(`ok    git        ${machine.github.gitUrl}/${hello} master can be fetched`);
    expect(stdout).toContain(`ok    git        ${machine.github.gitUrl}/${alidist} master can be fetched`);
    expect(stdout).toContain("the token is valid; the first status will show its rights; 5000 of 5000 requests");
    expect(stdout).toContain("`builderpool up` can build here");
    expect(exitCode, stdout).toBe(0);
    expect(await readdir(machine.directory)).not.toContain("work");
  });

  it("names a program missing from PATH and the command to install it, and exits with 1", async () => {
    const bin = join(machine.directory, "bin");
    await mkdir(bin);
    for (const name of ["bash", "sh", "git", "tar", "gzip", "python3", "dirname", "readlink", "id", "unshare", "cat"]) {
      const { stdout } = await execa("which", [name]);
      await symlink(stdout, join(bin, name));
    }
    const { stdout, exitCode } = await doctor([], { PATH: bin });
    expect(stdout).toMatch(
      /^fail {2}rsync {6}rsync cannot be run, but builds need it\n +→ apt-get install -y rsync \(or dnf install -y rsync\)$/m,
    );
    expect(stdout).toMatch(/^ok {4}tar /m);
    expect(stdout).toContain("1 to fix before `builderpool up` can build here");
    expect(exitCode).toBe(1);
  });

  it("requests the token's rights once and names the missing right", async () => {
    await machine.declare({ trust: { team: "core" } });
    const before = machine.github.requests.filter(({ path }) => path === "/rate_limit").length;
    const found = about(await findings(["-f", machine.poolFile], { GITHUB_TOKEN: "ghp_Classic" }), "github");
    expect(machine.github.requests.filter(({ path }) => path === "/rate_limit")).toHaveLength(before + 1);
    expect(found).toMatchObject([
      { level: "ok", message: expect.stringContaining("scopes: repo:status, read:org") },
      { level: "fail", message: expect.stringContaining("the token may not write comments") },
    ]);
    expect(JSON.stringify(found)).not.toContain("ghp_Classic");
  });

  it("reports a refused token and a pool's Secret without files", async () => {
    await machine.declare();
    const [refused] = about(await findings(["-f", machine.poolFile], { GITHUB_TOKEN: "ghp_Wrong" }), "github");
    expect(refused).toMatchObject({ level: "fail", message: expect.stringMatching(/401 .*wrong or expired/) });
    const { apiUrl, gitUrl } = machine.github;
    await machine.declare({ github: { apiUrl, gitUrl, secretRef: { name: "gh" } } });
    const [absent] = about(await findings(["-f", machine.poolFile]), "github");
    expect(absent).toMatchObject({ level: "fail", todo: expect.stringContaining("secrets/gh/ of the work folder") });
    await mkdir(join(machine.workDir, "secrets/gh"), { recursive: true });
    await writeFile(join(machine.workDir, "secrets/gh/token"), `${machine.github.token}\n`);
    const [known] = about(await findings(["-f", machine.poolFile]), "github");
    expect(known).toMatchObject({ level: "ok" });
  });

  it("names missing repositories, branches and servers", async () => {
    const { apiUrl, gitUrl } = machine.github;
    const packages = [{ repository: hello, branch: "nowhere" }, { repository: alidist }, { repository: "a/b" }];
    await machine.declare({ branch: "nowhere", developmentPackages: packages });
    const git = about(await findings(["-f", machine.poolFile]), "git").slice(1);
    expect(git).toMatchObject([
      { level: "fail", message: `${gitUrl}/${hello} nowhere: there is no such branch` },
      { level: "ok", message: `${gitUrl}/${alidist} can be fetched` },
      { level: "fail", message: expect.stringContaining(`${gitUrl}/a/b: `) },
    ]);
    await machine.declare({ github: { apiUrl: `http://127.0.0.1:${port}1`, gitUrl } });
    const [api] = about(await findings(["-f", machine.poolFile], { GITHUB_TOKEN: "x" }), "github");
    expect(api, apiUrl).toMatchObject({ level: "fail", message: expect.stringContaining("cannot be reached") });
  });

  it("reports fields that need a cluster, and every invalid line of a pool file", async () => {
    await machine.declare({ external: { names: ["mac-a"] } });
    expect(about(await findings(["-f", machine.poolFile]), "files")).toMatchObject([
      { level: "ok", message: "usable pools: hello" },
      { level: "warn", message: expect.stringContaining("spec.external has no effect on one machine") },
    ]);
    await machine.declare({ instances: "many" });
    expect(about(await findings(["-f", machine.poolFile]), "files")).toMatchObject([
      { level: "fail", message: "the files hold no usable BuilderPool" },
      { level: "fail", message: expect.stringMatching(/pool.yaml:8: spec.instances: expected a number, found "many"/) },
    ]);
  });

  it("with --online downloads the pool's aliBuild, and reports pip's error", async () => {
    await machine.declare();
    expect(about(await findings(["-f", machine.poolFile]), "aliBuild")).toEqual([]);
    expect(about(await findings(["-f", machine.poolFile, "--online"]), "aliBuild")).toMatchObject([
      { level: "ok", message: "alibuild==1.17.44 is available in the package index" },
    ]);
    const closed = { PIP_INDEX_URL: `http://127.0.0.1:1/simple`, PIP_RETRIES: "0", PIP_CONFIG_FILE: "/dev/null" };
    const [lost] = about(await findings(["-f", machine.poolFile, "--online"], closed), "aliBuild");
    expect(lost).toMatchObject({
      level: "fail",
      message: expect.stringMatching(/^alibuild==1\.17\.44: .*No matching/),
    });
  });

  it("warns of a port used by another program", async () => {
    const [pages] = about(await findings(["--listen", `127.0.0.1:${port}`]), "pages");
    expect(pages).toMatchObject({ level: "warn", message: expect.stringContaining("another program has the port") });
  });

  it("as non-root reports the files that builds can read, and an unwritable folder", async () => {
    const closed = join(machine.directory, "closed");
    await mkdir(closed);
    await chmod(closed, 0o755);
    const args = ["doctor", "--work-dir", join(closed, "work"), "--listen", "127.0.0.1:0", "-o", "json"];
    const { stdout } = await execa(program, args, { uid: 65534, gid: 65534, cwd: "/", reject: false });
    const { findings: found } = JSON.parse(stdout) as { findings: Finding[] };
    expect(about(found, "user")).toMatchObject([
      { level: "warn", message: expect.stringMatching(/^builds run as the user of this process/) },
    ]);
    expect(about(found, "folder")).toMatchObject([
      { level: "fail", message: expect.stringMatching(/this user may not write there$/) },
    ]);
  });
});
