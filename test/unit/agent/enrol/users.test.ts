import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { checkProcess } from "../../../../src/agent/enrol/enrol.ts";
import { chooseUsers } from "../../../../src/agent/enrol/users.ts";
import { writeSettings } from "../../../../src/agent/state/settings.ts";

/** A machine with an agent `mac2`, which has the users 62901 and 62902. */
async function aMachine() {
  const agents = mkdtempSync(join(tmpdir(), "builderpool-agents-"));
  onTestFinished(() => rmSync(agents, { recursive: true }));
  const user = (uid: number) => ({ name: String(uid), uid, gid: uid });
  await writeSettings(join(agents, "mac2"), {
    ...{ name: "mac2", pool: "o2", server: "https://cluster.test", workDir: "/build/o2", port: 0, version: "0.1.0" },
    ...{ cellUser: user(62_901), baseUser: user(62_902) },
  });
  return (cellUser: string, baseUser?: string) =>
    chooseUsers({ name: "mac1", cellUser, baseUser, known: undefined, agents });
}

describe.runIf(process.platform === "linux" && process.getuid?.() === 0)("the users of a host", () => {
  it.each([
    ["root", undefined, /^--cell-user root: builds never run as root/],
    ["nobody-has-this-name", undefined, /^--cell-user nobody-has-this-name: there is no such account; create it/],
    ["62901", undefined, /^--cell-user 62901: user 62901 belongs to agent "mac2"/],
    ["62903", "62902", /^--base-user 62902: user 62902 belongs to agent "mac2"/],
    ["62903", "62903", /^--base-user 62903: base branches need another user than builds/],
  ])("refuse --cell-user %s --base-user %s with one sentence", async (cellUser, baseUser, sentence) => {
    const choose = await aMachine();
    await expect(choose(cellUser, baseUser)).rejects.toThrow(sentence);
  });

  it("are an id and the id 1000 above, without accounts", async () => {
    const choose = await aMachine();
    expect(await choose("62904")).toEqual({
      cellUser: { name: "62904", uid: 62_904, gid: 62_904 },
      baseUser: { name: "63904", uid: 63_904, gid: 63_904 },
    });
  });
});

describe("the process of enrol", () => {
  it("needs root, and Node 24", () => {
    expect(() => checkProcess(501, "24.1.0")).toThrow(/needs root.*start it with sudo/);
    expect(() => checkProcess(0, "22.11.0")).toThrow(/^Node 22\.11\.0 is too old: expected Node 24 or newer/);
    expect(() => checkProcess(0, "24.0.0")).not.toThrow();
  });
});
