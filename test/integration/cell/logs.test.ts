import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { logTexts, runCell, startCell } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

/** Path of sw/BUILD from the build directory, where recipe lines run. */
const builds = '"$BUILDDIR/../.."';

describe("the logs of a build", () => {
  it("are read only from regular files inside the build's own directory", async () => {
    const { hello, order, root } = aCellWorld();
    const secret = join(root, "secret");
    writeFileSync(secret, "the builder's secret\n");
    mkdirSync(join(root, "outside"));
    writeFileSync(join(root, "outside/log"), "the builder's secret\n");
    const commit = hello.propose({
      "hello.in": [
        `cd ${builds}`,
        `mkdir d1 && ln -s ${secret} d1/log && ln -s d1 aa-latest`,
        `ln -s ${root}/outside bb-latest`,
        "mkdir d2 && mkfifo d2/log && ln -s d2 cc-latest",
        "ln -s /dev/zero d2/x; mkdir dd-latest ee-latest && ln -s /dev/zero dd-latest/log && mkdir ee-latest/log",
        `mkdir -p ../MIRROR && ln -s ${secret} ../MIRROR/fetch-log.txt`,
      ].join("\n"),
    });

    const { outcome, events } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ result: "Success" });
    expect(JSON.stringify(events)).not.toContain("the builder's secret");
    expect(Object.keys(logTexts(events)).filter((path) => /(aa|bb|cc|dd|ee)-latest|fetch/.test(path))).toEqual([]);
  });

  it.each([
    ["deleted", "rm -f ../*-latest/log; find . -name log -delete"],
    ["replaced by links", "find . -name log | while read -r one; do ln -sf /etc/hostname $one; done"],
    [
      "deleted beside a forged failed fetch",
      "find . -name log -delete; mkdir -p ../MIRROR; printf 'Command: git fetch\nfatal: Could not resolve host: x\n' > ../MIRROR/fetch-log.txt",
    ],
  ])("that are %s by the build leave its failure the pull request's own", async (_, script) => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({ "hello.in": `cd ${builds}\n${script}\nexit 1\n` });
    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }));
    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
  });

  it("with lines of 1 MB, colours and binary data still show the error", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({
      "hello.in": [
        "head -c 1048576 /dev/zero | tr '\\0' x >&2; echo >&2",
        "head -c 300000 /dev/urandom >&2; echo >&2",
        "printf 'a.cxx:1:2: \\033[01;31merror: coloured\\033[0m\\n' >&2",
        "exit 1",
      ].join("\n"),
    });

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ result: "Failure" });
    expect(outcome?.findings?.preview.join("\n")).toContain("error: coloured");
  });

  it("lose their middle beyond the limit of the order, with the number of bytes", async () => {
    const { hello, order } = aCellWorld();
    const commit = hello.propose({
      "hello.in":
        "echo first >&2; for i in $(seq 20000); do echo line-number-$i; done >&2; echo 'x.cxx:1:1: error: last' >&2; exit 1\n",
    });

    const { events, outcome } = await runCell(
      order({ pullRequest: { number: 1, commit }, limits: { logBytes: 100_000 } }),
    );

    const text = logTexts(events)["sw/BUILD/hello-latest/log"] ?? "";
    const whole = events.find((event) => event.event === "logFile" && event.path.includes("hello-latest"));
    expect(text).toContain("first");
    expect(text).toContain("error: last");
    const left = Number(/\[… (\d+) bytes left out …\]/.exec(text)?.[1]);
    expect(whole).toMatchObject({ bytes: left + Buffer.byteLength(text.replace(/\n\[….*…\]\n/, "")) });
    const sent = Object.values(logTexts(events)).join("").length;
    expect(sent).toBeGreaterThan(90_000);
    expect(sent).toBeLessThan(102_000); // Each log has a line in place of its middle.
    expect(outcome?.findings?.preview).toContain("x.cxx:1:1: error: last");
  });

  it("of a gigabyte need no more memory than small ones", async () => {
    const { hello, order } = aCellWorld();
    const log = "$BUILDDIR/../log";
    const commit = hello.propose({
      "hello.in": `(yes 'a rather ordinary line of a build log, nothing to see' | head -c 1G > "$BUILDDIR/../big"); mv "$BUILDDIR/../big" ${log}; exit 1\n`,
    });
    const cell = startCell(order({ pullRequest: { number: 1, commit }, limits: { logBytes: 2 ** 20 } }));
    let peak = 0;
    const watch = setInterval(() => {
      peak = Math.max(peak, peakMemoryOf(cell.child.pid) ?? 0);
    }, 50);

    const { outcome, errors } = await cell.ended;
    clearInterval(watch);

    expect(errors).toBe("");
    expect(outcome).toMatchObject({ result: "Failure" });
    expect(cell.events.find((event) => event.event === "logFile" && event.bytes >= 2 ** 30)).toBeDefined();
    expect(peak).toBeGreaterThan(30);
    expect(peak).toBeLessThan(250);
  });
});

/** Peak memory of a process, in MiB. */
function peakMemoryOf(pid: number | undefined): number | undefined {
  try {
    const kibibytes = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
    return kibibytes === undefined ? undefined : Number(kibibytes) / 1024;
  } catch {
    return undefined;
  }
}

describe("a build with a failed fetch", () => {
  const lost = "source: file:///nowhere/at/all\n";

  it("is an infrastructure failure", async () => {
    const { alidist, hello, order } = aCellWorld();
    alidist.commit({ "hellolib.sh": `package: hellolib\nversion: "1"\ntag: v1\n${lost}---\ntrue\n` });

    const { outcome } = await runCell(order({ pullRequest: { number: 1, commit: hello.propose({ a: "b" }) } }));

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DependencyFetchFailed" });
    expect(outcome?.findings?.sections.map(({ class: name }) => name)).toContain("fetch");
  });

  it("is an infrastructure failure if the tarball store does not answer", async () => {
    const { hello, order } = aCellWorld();

    const { outcome } = await runCell(
      order({ check: { remoteStore: "http://127.0.0.1:9/store" }, pullRequest: { number: 1, commit: hello.tip() } }),
    );

    expect(outcome).toMatchObject({ kind: "Infrastructure", reason: "DependencyFetchFailed" });
    expect(outcome).toMatchObject({
      message: expect.stringContaining("the tarball store does not answer: http://127.0.0.1:9/store"),
    });
  });

  it("is a failure of the pull request if it changes the recipes", async () => {
    const { alidist, order } = aCellWorld();
    const commit = alidist.propose({ "hellolib.sh": `package: hellolib\nversion: "1"\ntag: v1\n${lost}---\ntrue\n` });
    const check = { repository: "o/alidist", checkout: "alidist" };

    const { outcome } = await runCell(order({ check, mirror: alidist.mirror, pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ kind: "Verdict", result: "Failure" });
    expect(outcome?.findings?.sections.map(({ class: name }) => name)).toContain("fetch");
  });
});
