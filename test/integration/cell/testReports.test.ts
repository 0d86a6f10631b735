import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { firstErrorOf } from "../../../src/core/report/scan/firstError.ts";
import { logTexts, runCell } from "../../support/cell/startCell.ts";
import { aCellWorld } from "../../support/cell/world.ts";

const report = (name: string, reason: string) =>
  `<testsuites><testsuite><testcase classname="Track" name="${name}"><failure message="${reason}"/></testcase></testsuite></testsuites>`;
const write = (path: string, text: string) => `mkdir -p "$(dirname "${path}")" && printf '%s' '${text}' > "${path}"`;

describe("the JUnit reports of a failed build", () => {
  it("give failed tests and their reason to page and status", async () => {
    const { hello, order } = aCellWorld();
    const latin = '<?xml version="1.0" encoding="ISO-8859-1"?><testsuite><testcase name="caf';
    const commit = hello.propose({
      "hello.in": [
        write("Testing/results.xml", report("Adds", "expected 1, found 2")),
        `printf '${latin}\\351"><failure>no</failure></testcase></testsuite>' > latin.XML`,
        write("settings.xml", "<settings><testcase name='none'><failure/></testcase></settings>"),
        "exit 1",
      ].join("\n"),
    });

    const { outcome, events } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome).toMatchObject({ result: "Failure" });
    const section = outcome?.findings?.sections.find(({ class: name }) => name === "unittest");
    expect(section?.lines).toContain("Test #1: Track.Adds ***Failed expected 1, found 2");
    expect(section?.lines).toContain("Test #1: café ***Failed no");
    expect(section?.lines.filter((line) => line.startsWith("## "))).toHaveLength(2);
    expect(firstErrorOf(outcome?.findings)).toMatch(/^Test \S+ failed and 1 more$/);
    expect(Object.keys(logTexts(events)).filter((path) => /xml$/i.test(path))).toHaveLength(2);
  });

  it("of an earlier build and of a build that succeeds do not count", async () => {
    const { hello, order } = aCellWorld();
    const old = `${write("old.xml", report("Old", "no"))} && touch -d 2020-01-01 old.xml`;
    const red = hello.propose({ "hello.in": `${old}\nexit 1\n` });
    const green = hello.propose({ "hello.in": `${write("new.xml", report("New", "no"))}\n` });

    const failed = await runCell(order({ pullRequest: { number: 1, commit: red } }));
    const built = await runCell(order({ pullRequest: { number: 2, commit: green } }));

    expect(failed.outcome).toMatchObject({ result: "Failure" });
    expect(JSON.stringify(failed.events)).not.toContain("Track.Old");
    expect(built.outcome).toMatchObject({ result: "Success" });
    expect(JSON.stringify(built.events)).not.toContain("Track.New");
  });

  it("are bounded: huge, deep, planted links, pipes, odd names, and the verdict stays", async () => {
    const { hello, order, root } = aCellWorld();
    const secret = join(root, "secret.xml");
    writeFileSync(secret, report("Secret", "of the builder"));
    const commit = hello.propose({
      "hello.in": [
        `ln -s ${secret} linked.xml; ln ${secret} hard.xml || true; ln -s ${root} outside; mkfifo pipe.xml; mkdir folder.xml`,
        "python3 - <<'END'",
        "import os",
        'open("huge.xml", "w").write("<testsuite>" + "<testcase name=\'x\'><failure>" * 3000000)',
        'open(b"caf\\xe9.xml", "w").write("<testsuite>")',
        "os.mkdir('many'); [open(f'many/{n}.xml', 'w').write(\"<testsuite><testcase name='m'><failure/>\") for n in range(3000)]",
        "for n in range(200): os.mkdir('d' * 100); os.chdir('d' * 100)",
        "END",
        "echo 'x.cxx:1:1: error: real' >&2; exit 1",
      ].join("\n"),
    });

    const { outcome, events, errors } = await runCell(order({ pullRequest: { number: 1, commit } }));

    expect(outcome, errors).toMatchObject({ result: "Failure" });
    expect(outcome?.findings?.preview.join("\n")).toContain("error: real");
    expect(JSON.stringify(events)).not.toContain("of the builder");
    const sent = Object.entries(logTexts(events)).filter(([path]) => path.endsWith(".xml"));
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.length).toBeLessThanOrEqual(200);
    expect(sent.map(([, text]) => text.length).reduce((sum, one) => sum + one, 0)).toBeLessThan(400_000);
  });
});
