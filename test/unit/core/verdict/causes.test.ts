import { describe, expect, it } from "vitest";
import { canCauseStopAt } from "../../../../src/core/verdict/canCause.ts";
import { causeIn, causes, unknownErrorIn } from "../../../../src/core/verdict/causes.ts";
import { ToolOutput } from "../../../../src/core/verdict/toolOutput.ts";

/** Output of aliBuild 1.17.44 and its Python for each cause, as printed. */
const fixtures: Readonly<Record<string, readonly [output: string, reason: string, message: string]>> = {
  "no space": [
    "Traceback (most recent call last):\n  File \"x.py\", line 1\nOSError: [Errno 28] No space left on device: 'sw/SPECS/x'\n",
    "DiskFull",
    "[Errno 28]",
  ],
  "no memory": [
    'Traceback (most recent call last):\n  File "x.py", line 1\nOSError: [Errno 12] Cannot allocate memory\n',
    "OutOfMemory",
    "Cannot allocate memory",
  ],
  "broken disk": [
    "Traceback (most recent call last):\n  File \"x.py\", line 1\nOSError: [Errno 5] Input/output error: 'sw'\n",
    "SelfTestFailed",
    "Input/output error",
  ],
  "no processes or files left": [
    'Traceback (most recent call last):\n  File "x.py", line 1\nBlockingIOError: [Errno 11] Resource temporarily unavailable\n',
    "SelfTestFailed",
    "Resource temporarily unavailable",
  ],
  "store unavailable": [
    "2026-11-29@16:50:32:ERROR:hello:defaults-release:7: GET http://127.0.0.1:8765/store/TARS/fedora33_x86-64/defaults-release/ failed: 503 Server Error: Service Unavailable for url: http://127.0.0.1:8765/store/TARS/fedora33_x86-64/defaults-release/\nTraceback (most recent call last):\n  File \"/x/aliBuild\", line 133, in <module>\nTypeError: 'NoneType' object is not iterable\n",
    "DependencyFetchFailed",
    "http://127.0.0.1:8765/store/TARS",
  ],
  "S3 store unavailable": [
    'Traceback (most recent call last):\n  File "x.py", line 1\nbotocore.exceptions.EndpointConnectionError: Could not connect to the endpoint URL: "https://s3.cern.ch/alibuild-repo"\n',
    "DependencyFetchFailed",
    "https://s3.cern.ch/alibuild-repo",
  ],
  "S3 store refuses": [
    "ERROR: you must pass the AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY env variables to aliBuild in order to use the S3 remote store\n",
    "DependencyFetchFailed",
    "AWS_ACCESS_KEY_ID",
  ],
  "directory store unavailable": [
    "2026-11-29@16:50:39:ERROR:hello:defaults-release:7: Unable to fetch symlinks from specified store.\n",
    "DependencyFetchFailed",
    "store cannot be read",
  ],
  "connection lost": [
    "Traceback (most recent call last):\n  File \"x.py\", line 1\nrequests.exceptions.ConnectionError: ('Connection aborted.', ConnectionResetError(104, 'Connection reset by peer'))\n",
    "DependencyFetchFailed",
    "Connection aborted",
  ],
  "store without a list of packages": [
    'Traceback (most recent call last):\n  File "/x/aliBuild", line 133, in <module>\n  File "/x/alibuild_helpers/build.py", line 796, in doBuild\n    syncHelper.fetch_symlinks(spec)\n  File "/x/alibuild_helpers/sync.py", line 201, in fetch_symlinks\n    for link in self.getRetry(\nTypeError: \'NoneType\' object is not iterable\n',
    "DependencyFetchFailed",
    "https://store.example/repo; correct remoteStore",
  ],
  "tag does not exist": [
    "2026-11-29@16:50:39:DEBUG:hello:hellolib:7: Executing git checkout -f v9 (in directory sw/SOURCES/hellolib/1/v9)\n2026-11-29@16:50:39:DEBUG:hello:hellolib:7: error: pathspec 'v9' did not match any file(s) known to git\n2026-11-29@16:50:39:ERROR:hello:hellolib:7: Error during git checkout for reference repo for hellolib.\n",
    "BaseBroken",
    "hellolib: error: pathspec 'v9' did not match",
  ],
  "dependency not fetched": [
    "DEBUG: fatal: unable to access 'http://127.0.0.1:1/git/x/'\nERROR: Error during git clone for reference repo for hellolib.\n",
    "DependencyFetchFailed",
    "git clone for reference repo for hellolib",
  ],
  "machine lacks a package": [
    "ERROR: The following packages are system requirements and could not be found:\nERROR: \nERROR: - hellolib\nERROR: - zlib\nERROR: \nERROR: Please run:\n",
    "BaseBroken",
    "hellolib zlib",
  ],
  "recipes cannot be used": [
    "ERROR: Dependency cycle detected: hello -> hellolib -> hello\n",
    "BaseBroken",
    "hello -> hellolib -> hello",
  ],
};

function wordsOf(output: string): readonly string[] {
  const said = new ToolOutput();
  said.write(Buffer.from(output));
  return said.words();
}

describe("the causes that no pull request has", () => {
  it.each(causes.map(({ name }) => name))("recognise: %s", (name) => {
    const [output = "", reason, message] = fixtures[name] ?? [];
    const found = causeIn(wordsOf(output), "https://store.example/repo::rw");
    expect(found?.cause).toMatchObject({ name, reason });
    expect(found?.message).toContain(message);
  });

  it.each(Object.entries(fixtures))("ignore the same lines in the output of a build: %s", (_, [output]) => {
    const printed = output
      .split("\n")
      .map((line) => `2026-11-29@16:50:39:DEBUG:hello:hello:7: ${line}`)
      .join("\n");
    expect(causeIn(wordsOf(`${printed}\nERROR: BUILD FAILED: hello@7\n`))).toBeUndefined();
  });
});

describe("the words of git about a source", () => {
  const failedWith = (...lines: readonly string[]) =>
    [
      "DEBUG:hello:hellolib:7: Executing git checkout -f 1234567",
      ...lines.map((line) => `DEBUG:hello:hellolib:7: ${line}`),
      "ERROR:hello:hellolib:7: Error during git checkout for reference repo for hellolib.",
    ]
      .map((line) => `2026-11-29@16:50:39:${line}\n`)
      .join("");

  it.each([
    [
      "tag does not exist",
      ["fatal: remote error: upload-pack: not our ref 1234567", "fatal: reference is not a tree: 1234567"],
    ],
    ["tag does not exist", ["fatal: couldn't find remote ref refs/tags/v9"]],
    [
      "dependency not fetched",
      ["fatal: unable to access 'https://x/': timeout", "fatal: reference is not a tree: 1234567"],
    ],
    ["dependency not fetched", ["fatal: could not fetch 1234567 from promisor remote"]],
    ["dependency not fetched", []],
  ])("%s: %j", (name, lines) => {
    expect(causeIn(wordsOf(failedWith(...lines)))).toMatchObject({ cause: { name }, package: "hellolib" });
  });
});

describe("aliBuild's own errors", () => {
  it.each([
    [
      "usage: aliBuild [-h]\naliBuild: error: Default `x' does not exists. Viable options:\n",
      "Default `x' does not exists.",
    ],
    [
      'Traceback (most recent call last):\n  File "x.py", line 1\n    spec["version"]\nKeyError: \'version\'\n',
      "KeyError:",
    ],
    ['ERROR: In recipe "hellolib": version must be a string\n', "In recipe"],
  ])("are errors without a known cause: %j", (output, message) => {
    expect(unknownErrorIn(wordsOf(output))).toContain(message);
    expect(wordsOf(output)[0]).toContain(`ERROR: ${message}`);
  });

  it("are none in a run without an error", () => {
    expect(unknownErrorIn(wordsOf("Packages will be built in the following order:\n - hello@1\n"))).toBeUndefined();
  });

  it("name the package at which aliBuild stopped, and whether its build had begun", () => {
    const line = (name: string, text: string) => `2026-11-30@07:20:03:DEBUG:hello:${name}: ${text}\n`;
    const before = line("1", "Main package is hello@1");
    const begins = (name: string) => line(`${name}:1`, "Calculating hash.");
    const builds = (name: string) => line(`${name}:1`, "Build command: bash -e -x build.sh");
    const stoppedAt = (...lines: readonly string[]) => {
      const said = new ToolOutput();
      said.write(Buffer.from(lines.join("")));
      return said.stoppedAt();
    };
    const lib = begins("hellolib") + builds("hellolib");
    expect(stoppedAt(before)).toBeUndefined();
    expect(stoppedAt(before, begins("defaults-release"))).toEqual({ name: "defaults-release", isBuilding: false });
    expect(stoppedAt(before, lib)).toEqual({ name: "hellolib", isBuilding: true });
    expect(stoppedAt(before, lib, begins("hellolib"))).toEqual({ name: "hellolib", isBuilding: true });
    expect(stoppedAt(before, lib, begins("hello"))).toEqual({ name: "hello", isBuilding: false });
  });

  it.each([
    [{ kind: "package", name: "hello" }, false],
    [{ kind: "tool" }, true],
    [{ kind: "recipes", files: ["hello.sh"] }, true],
    [{ kind: "recipes", files: ["patches/a.patch"] }, true],
    [{ kind: "recipes", files: ["hellolib.sh", "other.sh"] }, false],
  ] as const)("at hello can be caused by %j: %s", (change, answer) => {
    expect(canCauseStopAt("hello", change)).toBe(answer);
  });
});
