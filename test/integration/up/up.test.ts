import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { anInstallation, check, greeting, type Installation, type UpProcess } from "../../support/up/installation.ts";

describe("builderpool up", () => {
  let machine: Installation;
  let up: UpProcess;
  beforeAll(async () => {
    machine = await anInstallation();
    await machine.declare();
    up = machine.up();
  });
  afterAll(() => machine.close());

  it("builds a pull request from listing to status, with two writes", async () => {
    const { commit } = await machine.propose("Greet", greeting("Hello, all"));
    await up.line(/GitHub shows success/);
    expect(machine.statuses(commit)).toEqual([
      expect.stringMatching(/^pending Started \w{3} \d\d:\d\d CET on hello-0$/),
      "success",
    ]);
  });

  it("links the result page from the status, next to the full log", async () => {
    const [build] = await machine.get<"Build">("builds");
    const url = build?.status?.verdict?.log?.url ?? "";
    expect(await (await fetch(url)).text()).toContain("The build succeeded");
    expect(await (await fetch(url.replace("pretty.html", "fullLog.txt"))).text()).toMatch(
      /^Finished building on .+\nBuilt commit [0-9a-f]{40} from /,
    );
  });

  it("marks a compile error red and comments the line", async () => {
    const { number, commit } = await machine.propose("Break", {
      "src/greeting.cxx": "const char* greeting() { return 1 2; }\n",
    });
    await up.line(new RegExp(`#${number}: GitHub shows error`));
    expect(machine.statuses(commit).at(-1)).toMatch(/^error .*: error: /);
    await expect.poll(() => machine.github.state.comments("alice/hello", number), { timeout: 30_000 }).toHaveLength(1);
    const [comment] = machine.github.state.comments("alice/hello", number);
    expect(comment?.body).toMatch(new RegExp(`^Error while checking ${check} for ${commit} at `));
    expect(comment?.body).toMatch(/greeting\.cxx:1:.* error: /);
  });

  it("refuses a second up on the same work folder with a message and exit code 4", async () => {
    const second = await machine.up().ended;
    expect(second).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(
        /another `builderpool up` \(process \d+\) uses .*; stop it, or choose another folder with --work-dir/,
      ),
    });
  });

  it("answers get, explain and plan while it runs", async () => {
    const pools = await machine.run("get", "pools");
    expect(pools.stdout.split("\n")[0]).toMatch(
      /^NAME +DESIRED +OUTSIDE +READY +ACTIVE +UPDATED +BUILDING +QUEUED +OLDEST +SILENT +AGE$/,
    );
    expect((await machine.run("get", "builders")).stdout).toMatch(/hello-0 +hello +0 +Ready/);
    expect((await machine.run("explain", "alice/hello#1")).stdout).toMatch(
      /^build\/hello\/o2: the verdict on [0-9a-f]{10} was Success/,
    );
    expect((await machine.run("explain", "alice/hello#99")).stdout).toMatch(
      /alice\/hello#99 is not open against master/,
    );
    const nothing = await machine.run("explain", "alice/nothing#1");
    expect(nothing).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("no check of any pool tests alice/nothing"),
    });
    expect((await machine.run("plan", "-f", machine.poolFile)).stdout).toMatch(
      /hello: the file matches the running pool\n {2}nothing to do/,
    );
  });

  it("scales up without a restart of the running builder, and down again", async () => {
    const before = (await machine.get<"Builder">("builders"))[0]?.status?.incarnation;
    const { stdout } = await machine.run("scale", "hello", "2");
    expect(stdout).toMatch(/hello scales from 1 to 2/);
    expect(stdout).toContain("to keep it, set spec.instances of hello to 2 in its file");
    await up.line(/hello-1: ready, joins the partition as worker 1/);
    expect(
      (await machine.get<"Builder">("builders")).find(({ metadata }) => metadata.name === "hello-0")?.status
        ?.incarnation,
    ).toBe(before);
    await machine.run("scale", "hello", "1");
    await up.line(/hello-1: drained/);
    await expect.poll(async () => (await machine.get("builders")).length, { timeout: 20_000 }).toBe(1);
  });

  it("restarts one builder on request, once", async () => {
    const before = (await machine.get<"Builder">("builders"))[0]?.status?.incarnation;
    expect((await machine.run("restart", "hello-0")).exitCode).toBe(0);
    await expect
      .poll(async () => (await machine.get<"Builder">("builders"))[0]?.status, { timeout: 60_000 })
      .toMatchObject({ phase: "Ready", incarnation: expect.not.stringMatching(before ?? "none") });
    // The surge builder is removed once the restarted builder is Ready.
    await expect.poll(async () => (await machine.get("builders")).length, { timeout: 20_000 }).toBe(1);
  });

  it("lists the existing names when a name is wrong", async () => {
    expect(await machine.run("restart", "hello-7")).toMatchObject({
      exitCode: 2,
      stderr: "builderpool: there is no builder hello-7; there is: hello-0\n",
    });
    expect(await machine.run("scale", "helo", "2")).toMatchObject({
      exitCode: 2,
      stderr: "builderpool: there is no pool helo; there is: hello\n",
    });
  });

  it("W-11: silent set at run time builds once and publishes nothing", async () => {
    await machine.declare({ silent: true });
    await up.line(/hello: changed: silent/);
    const { number, commit } = await machine.propose("Whisper", greeting("Hello, hush"));
    await up.line(new RegExp(`#${number}: Success`));
    await new Promise((resolve) => setTimeout(resolve, 4000));
    expect(machine.statuses(commit)).toEqual([]);
    const build = (await machine.get<"Build">("builds")).find(({ spec }) => spec.number === number);
    expect(build?.status).toMatchObject({ phase: "Done", attempt: 1, verdict: { silent: true } });
    await machine.declare();
    await up.line(new RegExp(`#${number}: GitHub shows success`));
  });

  it("keeps its pools and names the error when an edited file is invalid", async () => {
    const good = await readFile(machine.poolFile, "utf8");
    await writeFile(machine.poolFile, good.replace("instances: 1", "instances: many"));
    onTestFinished(() => writeFile(machine.poolFile, good));
    await up.line(/pool\.yaml:\d+: spec\.instances: expected a number, found "many"/);
    await up.line(/the files were changed but not applied/);
  });

  it("drains on SIGTERM: finishes and reports the running build, then exits with 0", async () => {
    const { number, commit } = await machine.propose("Last", {
      ...greeting("Hello for the last time"),
      "test/slow.test": "sleep 3\n",
    });
    await up.line(new RegExp(`#${number}: hello-0 builds`));
    up.kill("SIGTERM");
    expect((await up.ended).exitCode).toBe(0);
    expect(machine.statuses(commit).at(-1)).toBe("success");
  });

  it("leaves its last state readable with the note that no `up` runs", async () => {
    const builds = await machine.run("get", "builds");
    expect(builds).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("this is the state at the end of the last run"),
    });
    expect(await machine.run("scale", "hello", "3")).toMatchObject({ exitCode: 3 });
  });

  it("--until-idle exits once every build has a verdict or a blocking reason, and rebuilds nothing", async () => {
    const draft = await machine.propose("Later", greeting("Hello, later"), { draft: true });
    const { number } = await machine.propose("One more", greeting("Hello once more"));
    const { exitCode, stdout } = await machine.up("--until-idle", "-o", "json").ended;
    expect(exitCode).toBe(0);
    const builds: { spec: { number: number; blocked?: object }; status?: { phase: string; attempt: number } }[] =
      JSON.parse(stdout).items;
    const byNumber = new Map(builds.map((build) => [build.spec.number, build]));
    expect(byNumber.get(draft.number)?.spec.blocked).toMatchObject({ reason: "Draft" });
    expect(byNumber.get(number)?.status).toMatchObject({ phase: "Done", attempt: 1 });
    expect(byNumber.get(1)?.status).toMatchObject({ phase: "Done", attempt: 1 });
  });

  it("writes the token to no file of the work folder", async () => {
    const { stdout } = await machine.run("get", "pools", "-o", "yaml");
    expect(stdout).not.toContain(machine.github.token);
    const { execa } = await import("execa");
    const { stdout: found } = await execa("grep", ["-rlF", machine.github.token, join(machine.directory, "work")], {
      reject: false,
    });
    expect(found).toBe("");
  });
});
