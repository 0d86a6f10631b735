import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { starterOf } from "../../../src/agent/service/starter.ts";
import { node } from "../../support/cell/serveCell.ts";
import { writePki } from "../../support/cluster/controlPlane/pki.ts";
import { bundlesIn, versionEdit } from "../../support/host/versions.ts";

const repository = resolve(import.meta.dirname, "../../..");
const service = join(repository, "src/agent/service");
const killAt = join(repository, "test/support/host/killAt.mjs");

/** Runs a function of the service with real files. Prints the result, or the sentence for people. */
const script = `
const [, , file, name, ...args] = process.argv;
const { [name]: act } = await import(file);
console.log(await act(...args.map((arg) => JSON.parse(arg))).catch((error) => "refused: " + error.message));
`;

const digestOf = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const folder = mkdtempSync(join(tmpdir(), "builderpool-update-"));
afterAll(() => rmSync(folder, { recursive: true }));

let installed: string;
let next: string;
beforeAll(async () => {
  const write = await bundlesIn(folder);
  next = write("next", [versionEdit("0.1.1")]);
  installed = join(folder, "installed");
  mkdirSync(join(installed, "versions"), { recursive: true });
  const wish = { name: "mac1", node, logFile: join(folder, "mac1.log"), stateDir: join(folder, "nothing") };
  writeFileSync(join(installed, "start"), starterOf(wish), { mode: 0o755 });
  writeFileSync(join(folder, "act.mjs"), script);
  const first = write("first", []);
  expect(await act("update.ts", "stageUpdate", update(installed, first))).toMatch(/^0\.1\.0-[0-9a-f]{8}$/);
  await execa("rm", ["-f", join(installed, "trial"), join(installed, "previous")]);
});

const update = (root: string, source: string, sha256 = digestOf(source)) => ({ source, sha256, root, node });

/** The output of a function of the service. Undefined if the process was killed before the change with this number. */
async function act(
  file: string,
  name: string,
  arg: unknown,
  more: { killAt?: number; env?: object; rest?: unknown[] } = {},
) {
  const preload = more.killAt === undefined ? [] : ["--import", killAt];
  const args = [...preload, join(folder, "act.mjs"), join(service, file), name];
  const { stdout, stderr, signal } = await execa(
    node,
    [...args, ...[arg, ...(more.rest ?? [])].map((one) => JSON.stringify(one))],
    {
      env: { KILL_AT: String(more.killAt), ...more.env },
      reject: false,
    },
  );
  return signal === "SIGKILL" ? undefined : stdout || stderr;
}

/** A copy of the installation with version 0.1.0. */
let copies = 0;
function aCopy(from = installed) {
  copies += 1;
  const root = join(folder, `copy-${copies}`);
  cpSync(from, root, { recursive: true });
  const read = (file: string) =>
    existsSync(join(root, file)) ? readFileSync(join(root, file), "utf8").trim() : undefined;
  /** Starts the service. The host is not enrolled, so each version ends with a sentence. */
  async function start(): Promise<string> {
    const { exitCode, stderr } = await execa(join(root, "start"), { reject: false });
    const isLoaded = stderr.includes("there is no agent in");
    return isLoaded ? `${read("current")?.split("-")[0]} exits ${exitCode}` : stderr;
  }
  /** The version that runs after enough failed starts. */
  async function settle(): Promise<string> {
    for (let count = 0; count < 3; count += 1) await start();
    return await start();
  }
  return { root, read, start, settle };
}

describe("agent update", () => {
  it("selects the new version on trial, and returns to the old one after three failed starts", async () => {
    const { root, read, start } = aCopy();
    expect(await act("update.ts", "stageUpdate", update(root, next))).toMatch(/^0\.1\.1-[0-9a-f]{8}$/);
    // A version on trial leaves the settings to the version before.
    for (let count = 1; count <= 3; count += 1) expect(await start()).toBe("0.1.1 exits 1");
    expect(await start()).toBe("0.1.0 exits 2");
    expect(read("undone")).toMatch(/^0\.1\.1-[0-9a-f]{8} could not start$/);
  });

  it("reads an https address, and refuses http and another digest", async () => {
    const pki = join(folder, "pki");
    await writePki(pki, [{ name: "server", commonName: "server", dnsNames: ["localhost"], addresses: ["127.0.0.1"] }]);
    const file = (name: string) => readFileSync(join(pki, name));
    const server = createServer({ key: file("server.key"), cert: file("server.crt") }, (request, response) => {
      response.writeHead(request.url === "/agent.mjs" ? 200 : 404).end(readFileSync(next));
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const env = { NODE_EXTRA_CA_CERTS: join(pki, "ca.crt") };
      const { root } = aCopy();
      const stage = (source: string, sha256 = digestOf(next)) =>
        act("update.ts", "stageUpdate", update(root, source, sha256), { env });
      expect(await stage(`${origin}/agent.mjs`, "0".repeat(64))).toMatch(
        /^refused: https:.* has the SHA-256 [0-9a-f]{64}, expected 0{64}; nothing was changed$/,
      );
      expect(await stage(`${origin}/gone.mjs`)).toMatch(/^refused: .* cannot be read: the server answered 404$/);
      expect(await stage("http://127.0.0.1/agent.mjs")).toMatch(/expected an https address or a file/);
      expect(readdirSync(join(root, "versions"))).toHaveLength(1);
      expect(await stage(`${origin}/agent.mjs`)).toMatch(/^0\.1\.1-/);
    } finally {
      server.close();
    }
  });

  it("survives kill -9 before each of its changes: a complete version starts", async () => {
    const after: string[] = [];
    for (let number = 1; ; number += 1) {
      const { root, start, read } = aCopy();
      const isDone = (await act("update.ts", "stageUpdate", update(root, next), { killAt: number })) !== undefined;
      after.push(await start());
      expect([number, read("undone")]).toEqual([number, undefined]);
      if (isDone) break;
    }
    console.log(`started after kill -9 before change 1 to ${after.length}: ${after.join(", ")}`);
    expect(new Set(after)).toEqual(new Set(["0.1.0 exits 2", "0.1.1 exits 1"]));
    expect(after.length).toBeGreaterThan(10);
  }, 600_000);

  it("survives kill -9 before each change of the way back", async () => {
    const { root: trial } = aCopy();
    await act("update.ts", "stageUpdate", update(trial, next));
    for (let number = 1; ; number += 1) {
      const { root, settle, read } = aCopy(trial);
      const killed = await act("versions.ts", "undoUpdate", root, { killAt: number, rest: ["was not Ready"] });
      expect([number, await settle()]).toEqual([number, "0.1.0 exits 2"]);
      expect(read("undone")).toMatch(/^0\.1\.1-[0-9a-f]{8} (was not Ready|could not start)$/);
      if (killed !== undefined) break;
    }
  });

  it("keeps the proven version when another update follows on a trial", async () => {
    const { root, settle, read } = aCopy();
    await act("update.ts", "stageUpdate", update(root, next));
    const write = await bundlesIn(folder);
    const third = write("third", [versionEdit("0.1.2")]);
    expect(await act("update.ts", "stageUpdate", update(root, third))).toMatch(/^0\.1\.2-/);
    expect(await settle()).toBe("0.1.0 exits 2");
    expect(read("undone")).toMatch(/^0\.1\.2-.* could not start$/);
  });
});
