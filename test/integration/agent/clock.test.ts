import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { handedOn } from "../../support/builder/handedOn.ts";
import { node } from "../../support/cell/serveCell.ts";
import { aToken } from "../../support/host/token.ts";
import { wallClockAt } from "../../support/host/wallClock.ts";

const repository = resolve(import.meta.dirname, "../../..");

/** A process with the heartbeat and the renewal of an agent, on a wall clock that the test sets. */
function anAgent() {
  const folder = mkdtempSync(join(tmpdir(), "builderpool-clock-agent-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [file, text] of Object.entries({ token: aToken(), namespace: "ci", "ca.crt": "" }))
    writeFileSync(join(folder, file), text);
  const { env, set } = wallClockAt("+0");
  const script = join(repository, "test/support/host/beat.mjs");
  const child = spawn(node, [script, repository, folder, aToken()], { env: { ...handedOn(process.env), ...env } });
  onTestFinished(() => void child.kill("SIGKILL"));
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  const lines = () => output.trim().split("\n");
  return {
    set,
    lines,
    reaches: (line: string) => expect.poll(() => lines().at(-1), { timeout: 60_000 }).toBe(line),
  };
}

describe.runIf(process.platform === "linux")("a running agent whose wall clock is set", () => {
  it.each(["+1h", "-2h"])(
    "by %s starts nothing until the next heartbeat, kills its build, renews, and goes on",
    async (jump) => {
      const { set, reaches, lines } = anAgent();
      await reaches("may start, builds, 1");
      set(jump);
      await reaches("may start, builds, 2");
      expect(lines().filter((line) => !/, [0-2]$/.test(line))).toEqual([]);
      expect(lines()).toContain("waits, kills, 1");
      expect(lines().filter((line) => line.startsWith("may start, kills"))).toEqual([]);
    },
  );
});
