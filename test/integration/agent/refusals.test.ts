import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { writeJoinCode } from "../../../src/core/host/joinCode.ts";
import { node } from "../../support/cell/serveCell.ts";
import { aToken } from "../../support/host/token.ts";
import { wallClockAt } from "../../support/host/wallClock.ts";

const main = resolve(import.meta.dirname, "../../../src/cli/main.ts");

/** A code whose server does not answer: the refusals below come before the first connection. */
const code = writeJoinCode({
  ...{ server: "https://127.0.0.1:9", authority: "", namespace: "ci", pool: "o2", name: "mac1", token: aToken() },
  expiresAt: new Date(Date.now() + 15 * 60_000).toISOString(),
});

interface Enrolment {
  readonly input?: string;
  readonly source?: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly uid?: number;
  /** Bytes of a disk for the work folder. */
  readonly disk?: string;
}

/** Runs `agent enrol` on a machine with the agent `mac2`. Returns the sentence, and whether anything was written. */
async function enrol({ input = code, source = "-", args = [], env = {}, uid, disk }: Enrolment): Promise<string> {
  const root = mkdtempSync(join(tmpdir(), "builderpool-enrol-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  const [agents, work] = [join(root, "agents"), join(root, "work")];
  mkdirSync(join(agents, "mac2"), { recursive: true });
  mkdirSync(work);
  const user = (id: number) => ({ name: String(id), uid: id, gid: id });
  const other = { name: "mac2", pool: "o2", server: "https://cluster.test", workDir: "/build/o2", version: "0.1.0" };
  writeFileSync(
    join(agents, "mac2/agent.json"),
    JSON.stringify({ ...other, cellUser: user(62_901), baseUser: user(62_902) }),
  );
  const command = [node, main, "agent", "enrol", source, "--no-install", "--state-dir", join(agents, "mac1")];
  const places = args.includes("--work-dir") ? [] : ["--work-dir", work];
  const mount =
    disk === undefined
      ? []
      : ["unshare", "-m", "sh", "-ec", `mount -t tmpfs -o size=${disk} none ${work}; exec "$@"`, "sh"];
  const [program = "", ...rest] = [...mount, ...command, ...places, ...args];
  const { exitCode, stderr } = await execa(program, rest, {
    input,
    env,
    reject: false,
    ...(uid !== undefined && { uid, gid: uid }),
  });
  expect(readdirSync(agents)).toEqual(["mac2"]);
  return `${exitCode} ${stderr}`;
}

const expired =
  'The join code for "mac1" expired at .*Z, and the clock of this machine says .*Z: correct the clock, or run `builderpool join mac1 -n ci` again';

describe.runIf(process.platform === "linux" && process.getuid?.() === 0)(
  "agent enrol refuses with one sentence",
  () => {
    it.each<[string, Enrolment, RegExp]>([
      [
        "a person who is not root",
        { uid: 62_999 },
        /^1 builderpool: enrol needs root, so that no build can read the credential; start it with sudo$/,
      ],
      [
        "a code as an argument",
        { source: code },
        /^2 builderpool: the code must not be an argument, because every user of this machine can read it; create a new code with `join --again`, and give it on standard input: `builderpool agent enrol -`$/,
      ],
      [
        "a file that does not exist",
        { source: "/nothing/here" },
        /^2 builderpool: the code cannot be read from \/nothing\/here \(ENOENT\); expected `-` or a file$/,
      ],
      [
        "nothing",
        { input: "" },
        /^1 builderpool: Expected a join code, found nothing: type the output of `builderpool join NAME -n NAMESPACE`$/,
      ],
      [
        "a code that is cut",
        { input: code.slice(0, -20) },
        /^1 builderpool: The join code is cut or changed: copy the whole line again, it ends with a dot and 8 characters$/,
      ],
      [
        "a code of another host",
        { args: ["--name", "mac3"] },
        /^1 builderpool: The join code is for "mac1", not for "mac3": run `builderpool join mac3 -n ci`$/,
      ],
      [
        "root as the user of builds",
        { args: ["--cell-user", "root"] },
        /^1 builderpool: --cell-user root: builds never run as root; choose an account of their own$/,
      ],
      [
        "a user without an account",
        { args: ["--cell-user", "nobody-has-this"] },
        /^1 builderpool: --cell-user nobody-has-this: there is no such account; create it without a login, as docs\/hosts\.md shows$/,
      ],
      [
        "a user of another agent",
        { args: ["--cell-user", "62901"] },
        /^1 builderpool: --cell-user 62901: user 62901 belongs to agent "mac2"/,
      ],
      [
        "a work folder on a full disk",
        { disk: "1m" },
        /^1 builderpool: --work-dir .*\/work: only 0\.0 GB are free, expected at least 2 GB; delete files there, or name another disk$/,
      ],
      [
        "a work folder that cannot be created",
        { args: ["--work-dir", "/proc/build"] },
        /^1 builderpool: --work-dir \/proc\/build: the folder cannot be created \(ENOENT\); name a folder on a writable disk$/,
      ],
      [
        "a proxy that is none",
        { env: { HTTPS_PROXY: "socks5://proxy:1080" } },
        /^1 builderpool: HTTPS_PROXY is no address of an HTTP proxy: expected one such as http:\/\/proxy\.example\.org:3128; correct the variable, or remove it$/,
      ],
      [
        "a server that does not answer",
        {},
        /^1 builderpool: https:\/\/127\.0\.0\.1:9 cannot be reached from this machine; check address, network, proxy and firewall \(.*ECONNREFUSED.*\)$/,
      ],
    ])("%s", async (_, enrolment, sentence) => {
      expect(await enrol(enrolment)).toMatch(sentence);
    });

    it("a code that expired by the clock of the machine", async () => {
      expect(await enrol({ env: wallClockAt("+1h").env })).toMatch(new RegExp(`^1 builderpool: ${expired}$`));
    });

    it("the login of a person", async () => {
      const login = "builderpool-test-login";
      await execa("useradd", ["--no-create-home", "--shell", "/bin/bash", login]);
      try {
        expect(await enrol({ args: ["--cell-user", login] })).toMatch(
          /^1 builderpool: --cell-user builderpool-test-login: .*log/,
        );
      } finally {
        await execa("userdel", [login]);
      }
    });
  },
);
