import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { propertyListOf } from "../../../../src/agent/service/launchd.ts";
import { aServiceWish } from "../../../support/host/service.ts";

/** Keys of launchd.plist(5), with the type of each. */
const known: Readonly<Record<string, string>> = {
  Label: "string",
  ProgramArguments: "array",
  EnvironmentVariables: "dictionary",
  WorkingDirectory: "string",
  Umask: "integer",
  RunAtLoad: "boolean",
  KeepAlive: "dictionary",
  ThrottleInterval: "integer",
  ExitTimeOut: "integer",
  ProcessType: "string",
  SoftResourceLimits: "dictionary",
  HardResourceLimits: "dictionary",
  StandardOutPath: "string",
  StandardErrorPath: "string",
};

async function parsed(text: string): Promise<Record<string, unknown>> {
  const folder = mkdtempSync(join(tmpdir(), "plist-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "agent.plist");
  writeFileSync(file, text);
  const script = "import json, plistlib, sys; print(json.dumps(plistlib.load(open(sys.argv[1], 'rb'))))";
  const { stdout } = await execa("python3", ["-c", script, file]);
  return JSON.parse(stdout);
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "real";
  return typeof value === "object" ? "dictionary" : typeof value;
}

describe("the property list of an agent", () => {
  it("has only keys of launchd.plist(5), with their types", async () => {
    const list = await parsed(propertyListOf(aServiceWish()));
    expect(Object.fromEntries(Object.entries(list).map(([key, value]) => [key, typeOf(value)]))).toEqual(known);
  });

  it("starts at boot without a login, is not throttled, and has room for open files", async () => {
    expect(await parsed(propertyListOf(aServiceWish()))).toMatchObject({
      Label: "ch.cern.alice.builderpool.mac1",
      ProgramArguments: ["/usr/local/lib/builderpool/mac1/start"],
      RunAtLoad: true,
      ProcessType: "Interactive",
      ExitTimeOut: 120,
      SoftResourceLimits: { NumberOfFiles: 65_536 },
      HardResourceLimits: { NumberOfFiles: 65_536 },
    });
  });

  it("keeps the agent alive only while it has settings, so a usage error is not repeated", async () => {
    const { KeepAlive } = await parsed(propertyListOf(aServiceWish()));
    expect(KeepAlive).toEqual({ PathState: { "/var/db/builderpool/mac1/agent.json": true } });
  });

  it("keeps characters of XML in paths", async () => {
    const start = "/usr/local/lib/a&b<c>/start";
    expect(await parsed(propertyListOf(aServiceWish({ start })))).toMatchObject({ ProgramArguments: [start] });
  });
});
