import { once } from "node:events";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, it, onTestFinished } from "vitest";
import { createMountedGitCredentials, type GitCredentials } from "../../../src/builder/git/credential.ts";
import { createMirrors } from "../../../src/builder/git/mirrors.ts";
import { createLocalGitCredentials } from "../../../src/local/credential.ts";
import { systemClock as clock } from "../../../src/system/clock.ts";
import { createLog } from "../../../src/system/log.ts";
import { aMirrorWorld, never } from "../../support/builder/mirrorWorld.ts";
import { serveGit } from "../../support/github/git/serve.ts";

const token = "ghp_OnlyTheServerAndTheBuilderKnowThis";
const password = (user: string, secret: string) => `Basic ${Buffer.from(`${user}:${secret}`).toString("base64")}`;
const right = password("x-access-token", token);

/** A server of git that records the credentials it gets. `answer` may answer in place of git. */
async function aServer(root: string, answer: (request: IncomingMessage, response: ServerResponse) => boolean) {
  const received: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    received.push(request.headers.authorization);
    if (!answer(request, response)) serveGit(join(root, "remote"), "", request, response);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => void server.close());
  return { received, gitUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Refuses requests without the right credential, with words of the server. */
const wants =
  (wanted: () => string, words = "") =>
  (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers.authorization === wanted()) return false;
    const headers = { "www-authenticate": 'Basic realm="git"', "content-type": "text/plain" };
    response.writeHead(401, headers).end(words.replace("CREDENTIAL", String(request.headers.authorization)));
    return true;
  };

/** A private repository, the folder of the Secret and mirrors with the credentials of `source`. */
function aWorld(source: (folder: string, root: string) => GitCredentials) {
  const { root, hello } = aMirrorWorld();
  symlinkSync(join(hello.path, ".git"), `${hello.path}.git`);
  const folder = join(root, "secrets/git");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "token"), `${token}\n`);
  const directory = join(root, "mirrors");
  const mirrors = createMirrors({
    directory,
    clock,
    log: createLog({ level: "silent" }),
    environment: { PATH: process.env["PATH"] ?? "" },
    credentials: source(folder, root),
    signal: never,
  });
  const fetch = (gitUrl: string, more: object = { gitSecret: "git" }) =>
    mirrors.fetch({ gitUrl, repository: "o/hello", branch: "master", timeoutMs: 20_000, ...more }, never);
  const words = async (gitUrl: string, more?: object) =>
    await fetch(gitUrl, more).then(
      () => "fetched",
      (error: Error) => error.message,
    );
  return { root, hello, folder, directory, fetch, words };
}

const onOneMachine = (_: string, root: string) => createLocalGitCredentials(root);

describe("a private repository", () => {
  it("is fetched with the token of the Secret, and a rotated token needs no restart", async () => {
    const { root, hello, folder, directory, fetch, words } = aWorld(onOneMachine);
    let wanted = right;
    const { gitUrl } = await aServer(
      root,
      wants(() => wanted, "not CREDENTIAL"),
    );
    expect((await fetch(gitUrl)).commit).toBe(hello.tip());
    wanted = password("deploy", "ghp_TheSecondToken");
    const refused = await words(gitUrl);
    expect(refused).toContain('the server refuses the credential of the Secret "git" (spec.github.gitSecretRef)');
    expect(refused).not.toMatch(new RegExp(`${token}|${right.slice(6)}`));
    writeFileSync(join(folder, "token"), "ghp_TheSecondToken");
    writeFileSync(join(folder, "username"), "deploy");
    hello.commit({ file: "two\n" });
    expect((await fetch(gitUrl)).commit).toBe(hello.tip());
    const { stdout } = await execa("grep", ["-rlaE", `${token}|ghp_TheSecondToken`, directory], { reject: false });
    expect(stdout).toBe("");
  });

  it("is fetched in a pod with the mounted Secret, from the agreed address only", async () => {
    const agreed: { gitUrl?: string } = {};
    const mounted = (folder: string): GitCredentials => {
      return (pool) => createMountedGitCredentials({ folder, gitUrl: agreed.gitUrl ?? "" })(pool);
    };
    const { root, hello, fetch, words } = aWorld(mounted);
    const { gitUrl, received } = await aServer(
      root,
      wants(() => right),
    );
    expect(await words(gitUrl)).toContain(`The builder has no git credential for ${gitUrl} yet`);
    expect(received).toEqual([]);
    agreed.gitUrl = gitUrl;
    expect((await fetch(gitUrl)).commit).toBe(hello.tip());
  });

  it("gives its credential to no server that did not ask, and to no other server after a redirect", async () => {
    const { root, fetch, words } = aWorld(onOneMachine);
    const open = await aServer(root, () => false);
    await fetch(open.gitUrl);
    expect(open.received.filter((one) => one !== undefined)).toEqual([]);

    const other = await aServer(
      root,
      wants(() => "never"),
    );
    const target = other.gitUrl.replace("127.0.0.1", "localhost");
    const elsewhere = (request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(302, { location: `${target}${request.url}` }).end();
      return true;
    };
    for (const isAsked of [false, true]) {
      const refuse = wants(() => right);
      const { gitUrl, received } = await aServer(
        root,
        (request, response) => (isAsked && refuse(request, response)) || elsewhere(request, response),
      );
      expect(await words(gitUrl)).toContain("git follows no redirect with a credential");
      expect(received.includes(right)).toBe(isAsked);
    }
    expect(other.received).toEqual([]);
  });

  it("without a credential, or without its token, is named with the field to set", async () => {
    const { root, folder, words } = aWorld(onOneMachine);
    const { gitUrl } = await aServer(
      root,
      wants(() => right),
    );
    expect(await words(gitUrl, {})).toContain("a private repository needs spec.github.gitSecretRef");
    writeFileSync(join(folder, "token"), "\n");
    expect(await words(gitUrl)).toContain("The git credential needs the file token in");
    writeFileSync(join(folder, "token"), "one\ntwo\n");
    expect(await words(gitUrl)).toContain("has more than one line");
  });

  it("shows its token in no argument and no environment while git runs", async () => {
    const { root, fetch } = aWorld(onOneMachine);
    const seen = new Set<string>();
    const { gitUrl } = await aServer(root, (request, response) => {
      for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name)))
        for (const name of ["cmdline", "environ"])
          if (textOf(`/proc/${pid}/${name}`).includes(token)) seen.add(`${pid} ${name}`);
      return wants(() => right)(request, response);
    });
    await fetch(gitUrl);
    expect([...seen]).toEqual([]);
  });
});

function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return ""; // the process has ended
  }
}
