import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRoot } from "../../support/cell/asOwner.ts";
import { type TwoCells, twoCells } from "../../support/cell/twoCells.ts";

const good =
  'test "$(cat "$HELLOLIB_ROOT/share/lib")" = lib && . "$HELLOLIB_ROOT/etc/profile.d/init.sh" && echo good\n';
const bad = 'echo "x.cxx:3:1: error: boom" >&2; exit 3\n';

/** Shell scripts of malicious pull requests. Each one tries to turn a later build green or red. */
const attacks: Readonly<Record<string, string>> = {
  "a .pth file in the virtual environment of aliBuild":
    'venv=$(dirname "$(dirname "$(readlink -f "$(command -v aliBuild)")")"); for site in "$venv"/lib/python3*/site-packages; do echo "import os; os._exit(0)" > "$site/evil.pth"; done',
  "aliBuild itself replaced":
    'tool=$(command -v aliBuild); rm -f "$tool"; printf "#!/bin/sh\\nexit 0\\n" > "$tool"; chmod +x "$tool"; mv "$(dirname "$(dirname "$tool")")" "$TMPDIR"/moved-tool',
  "a line in the init.sh of a dependency":
    'echo "exit 0" >> "$HELLOLIB_ROOT/etc/profile.d/init.sh"; rm -rf "$HELLOLIB_ROOT/etc"; mkdir -p "$HELLOLIB_ROOT/etc/profile.d"; echo "exit 0" > "$HELLOLIB_ROOT/etc/profile.d/init.sh"',
  "a file of a dependency overwritten in the base":
    'lib=$(readlink -f "$HELLOLIB_ROOT/share/lib"); echo broken > "$lib"; chmod -R u+w "$(dirname "$lib")"; rm -rf "$(dirname "$lib")"; mv "$(dirname "$(dirname "$lib")")" "$TMPDIR"/moved-lib',
  "usercustomize.py, .bashrc and git settings in HOME":
    'for version in 9 10 11 12 13; do site="$HOME/.local/lib/python3.$version/site-packages"; mkdir -p "$site"; echo "import os; os._exit(0)" > "$site/usercustomize.py"; done; echo "exit 0" > "$HOME/.bashrc"; cp "$HOME/.bashrc" "$HOME/.profile"; echo "exit 0" > "$HOME/.bash_profile"',
  "a forged development package in the work area":
    'area=${WORK_DIR%/sw}; mkdir -p "$area/hellolib"; cd "$area/hellolib"; git init -q .; echo lib > lib; git add .; git -c user.name=x -c user.email=x@x commit -qm x',
  "writes into every other work area":
    'area=${WORK_DIR%/sw}; for path in "$area"/../* "$area"/../../*/* "$area"/../../../parked/*/*; do echo broken > "$path/hello/hello.in"; rm -rf "$path/sw"; done; mkdir -p "$area/../2/hello" "$area/../3/hello"; rm -rf "$area/../../../parked" "$area/../../../state"',
  "a closed and littered work area":
    'area=${WORK_DIR%/sw}; mkdir -p "$area/sw/deep/deeper"; chmod 000 "$area/sw/deep" "$area"; chmod 000 "$HOME" "$TMPDIR"',
  "links in place of the folders of aliBuild":
    'cd "${WORK_DIR%/sw}"; rm -rf sw; ln -s /etc sw; rm -rf alidist; ln -s /etc alidist',
};

/** Overwrites every file and litters every folder that the build can write, below the sandbox. */
const scorched =
  'root=$(cd "${WORK_DIR%/sw}/../../.." && pwd); find "$root" -xdev -user "$(id -u)" -type f -exec sh -c \'for f; do echo "exit 0" > "$f"; done\' sh {} + 2>/dev/null; find "$root" -xdev -writable -type d -exec touch {}/hellolib {}/usercustomize.py \\; 2>/dev/null; find "$root" -xdev -depth -type d -user "$(id -u)" -exec chmod 000 {} + 2>/dev/null; exit 0';

async function expectHonestVerdicts({ propose, base, sandbox, world }: TwoCells): Promise<void> {
  for (const { number, script, result } of [
    { number: 2, script: bad, result: "Failure" },
    { number: 3, script: good, result: "Success" },
  ]) {
    let { outcome, output } = await propose(number, script);
    // A pull request may damage its own work area. The builder then tries again.
    if (outcome?.kind === "Infrastructure") ({ outcome, output } = await propose(number, script));
    expect(outcome, output()).toMatchObject({ kind: "Verdict", result });
  }
  const again = await base();
  expect(again.outcome).toMatchObject({ kind: "Done", compiled: true });
  const lib = join(sandbox.base("build/hello/o2"), "sw/fedora33_x86-64/hellolib/latest/share/lib");
  expect(readFileSync(lib, "utf8")).toBe("lib\n");
  expect(readFileSync(join(world.hello.path, "hello.in"), "utf8")).toContain("echo hello");
}

/** The attacks that leave the work area intact run in one build. */
const groups = [
  Object.values(attacks).slice(0, 7),
  Object.values(attacks).slice(7, 8),
  Object.values(attacks).slice(8),
];
const attackOf = (scripts: readonly string[]) =>
  `set +e\n${scripts.map((script) => `(${script}) 2>&1`).join("\n")}\nexit 0\n`;

describe.runIf(isRoot)("a malicious pull request, as real users", () => {
  it.each(groups)("changes no later verdict (%#)", async (...scripts) => {
    const cells = await twoCells();
    await cells.base({ dependenciesOnly: true });
    const attack = await cells.propose(1, attackOf(scripts));
    expect(attack.output()).toMatch(/Permission denied|start building hello/);

    await expectHonestVerdicts(cells);
    expect((await cells.propose(1, good)).outcome).toMatchObject({ kind: "Verdict", result: "Success" });
  });

  it("gives honest verdicts after any sequence of builds that write anywhere they can", async () => {
    const build = fc.record({
      number: fc.integer({ min: 1, max: 3 }),
      script: fc.constantFrom(scorched, ...groups.map(attackOf)),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(build, { minLength: 1, maxLength: 3 }), async (builds) => {
        const cells = await twoCells();
        await cells.base({ dependenciesOnly: true });
        for (const { number, script } of builds) await cells.propose(number, script);
        await expectHonestVerdicts(cells);
      }),
      { numRuns: 2, endOnFailure: true },
    );
  });
});
