import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { TreeWorld } from "./treeWorld.ts";

/** Runs git in a tree. Returns standard output. */
export const git = (tree: string, ...args: readonly string[]) =>
  execFileSync("git", ["-C", tree, ...args], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Writes other bytes of the same size, with the times of before. */
function forge(path: string) {
  const { atime, mtime, size } = statSync(path);
  writeFileSync(path, "X".repeat(size));
  utimesSync(path, atime, mtime);
}

type Attack = (world: TreeWorld) => void;

/** Changes that a build can leave in its tree, by title. */
export const attacks: Readonly<Record<string, Attack>> = {
  "a changed file of the same size and time": ({ tree }) => forge(join(tree, "src/a")),
  "an index that assumes a file unchanged": ({ tree }) => {
    git(tree, "update-index", "--assume-unchanged", "src/a");
    forge(join(tree, "src/a"));
  },
  "an index that skips a file of the work tree": ({ tree }) => {
    git(tree, "update-index", "--skip-worktree", "docs/readme");
    rmSync(join(tree, "docs/readme"));
  },
  "an index with other content under the same name": ({ tree }) => {
    forge(join(tree, "src/a"));
    git(tree, "add", "src/a");
  },
  "an index that has a file more": ({ tree }) => {
    writeFileSync(join(tree, "more"), "more\n");
    git(tree, "add", "more");
  },
  "a split index": ({ tree }) => {
    git(tree, "update-index", "--split-index");
    forge(join(tree, "src/a"));
    git(tree, "update-index", "--assume-unchanged", "src/a");
  },
  "an index with the marks of a file system monitor": ({ tree }) => {
    writeFileSync(join(dirname(tree), "monitor"), "#!/bin/sh\nprintf 'x\\0'\n", { mode: 0o755 });
    git(tree, "config", "core.fsmonitor", join(dirname(tree), "monitor"));
    git(tree, "update-index", "--fsmonitor", "--fsmonitor-valid", "src/a");
    forge(join(tree, "src/a"));
  },
  "a huge index without sense": ({ tree }) => {
    writeFileSync(join(tree, ".git/index"), "DIRC");
    truncateSync(join(tree, ".git/index"), 2 ** 33);
  },
  "a config that trusts no times and no modes": ({ tree }) => {
    git(tree, "config", "core.fileMode", "false");
    git(tree, "config", "core.checkStat", "minimal");
    chmodSync(join(tree, "run.sh"), 0o644);
    chmodSync(join(tree, "src/a"), 0o777);
  },
  "modes beyond those of git": ({ tree }) => {
    chmodSync(join(tree, "run.sh"), 0o6755);
    chmodSync(join(tree, "src/a"), 0o000);
    chmodSync(join(tree, "src/deep"), 0o000);
  },
  ".git as a file": ({ tree }) => {
    renameSync(join(tree, ".git"), join(dirname(tree), "elsewhere"));
    writeFileSync(join(tree, ".git"), `gitdir: ${join(dirname(tree), "elsewhere")}\n`);
    forge(join(tree, "src/a"));
  },
  ".git as a link": ({ tree }) => {
    renameSync(join(tree, ".git"), join(dirname(tree), "elsewhere"));
    symlinkSync(join(dirname(tree), "elsewhere"), join(tree, ".git"));
    forge(join(tree, "src/a"));
  },
  "ignored files by .git/info/exclude": ({ tree }) => {
    mkdirSync(join(tree, ".git/info"), { recursive: true });
    writeFileSync(join(tree, ".git/info/exclude"), "*\n");
    writeFileSync(join(tree, "src/ignored"), "x");
  },
  "attributes with a filter": ({ tree }) => {
    mkdirSync(join(tree, ".git/info"), { recursive: true });
    writeFileSync(join(tree, ".git/info/attributes"), "* filter=evil eol=crlf text\n");
    git(tree, "config", "filter.evil.smudge", "echo evil");
    git(tree, "config", "filter.evil.clean", "cat");
    writeFileSync(join(tree, "src/a"), "evil\n");
  },
  "attributes in HOME": ({ tree, order }) => {
    mkdirSync(join(order().paths.home, ".config/git"), { recursive: true });
    writeFileSync(join(order().paths.home, ".config/git/attributes"), "* text eol=crlf\n");
    writeFileSync(join(order().paths.home, ".gitconfig"), "[core]\n\tautocrlf = true\n");
    rmSync(join(tree, "src/a"));
  },
  "attributes and ignored names in the work tree": ({ tree }) => {
    writeFileSync(join(tree, ".gitattributes"), "* text eol=crlf\n");
    writeFileSync(join(tree, ".gitignore"), "*\n");
    writeFileSync(join(tree, "docs/readme"), "hello\r\n");
    rmSync(join(tree, "src/a"));
  },
  "a sparse checkout": ({ tree }) => {
    git(tree, "sparse-checkout", "set", "docs");
  },
  "replaced objects and grafts": ({ tree }) => {
    const other = git(tree, "hash-object", "-w", "--stdin").trim();
    const id = git(tree, "rev-parse", "HEAD:src/a").trim();
    git(tree, "replace", id, other);
    mkdirSync(join(tree, ".git/info"), { recursive: true });
    writeFileSync(join(tree, ".git/info/grafts"), `${git(tree, "rev-parse", "HEAD")}`);
    rmSync(join(tree, "src/a"));
  },
  "an object of its own with a wanted name": ({ tree }) => {
    const id = git(tree, "rev-parse", "HEAD:src/a").trim();
    mkdirSync(join(tree, ".git/objects", id.slice(0, 2)), { recursive: true });
    writeFileSync(join(tree, ".git/objects", id.slice(0, 2), id.slice(2)), "garbage");
    rmSync(join(tree, "src/a"));
  },
  "a hook": ({ tree }) => {
    mkdirSync(join(tree, ".git/hooks"), { recursive: true });
    const hook = `#!/bin/sh\necho evil > ${join(tree, "src/a")}\n`;
    for (const name of ["post-checkout", "post-index-change", "reference-transaction"])
      writeFileSync(join(tree, ".git/hooks", name), hook, { mode: 0o755 });
  },
  "a config of submodules and of the work tree": ({ tree }) => {
    git(tree, "config", "submodule.module.url", "/nowhere");
    git(tree, "config", "submodule.module.ignore", "all");
    git(tree, "config", "extensions.worktreeConfig", "true");
    writeFileSync(join(tree, ".git/config.worktree"), `[core]\n\tworktree = ${dirname(tree)}\n\tbare = true\n`);
    writeFileSync(join(tree, "module/inside"), "x");
  },
  "a directory as a link out of the tree": ({ tree, root }) => {
    mkdirSync(join(root, "outside/deep/er"), { recursive: true });
    writeFileSync(join(root, "outside/a"), "a\n");
    writeFileSync(join(root, "outside/precious"), "precious");
    rmSync(join(tree, "src"), { recursive: true });
    symlinkSync(join(root, "outside"), join(tree, "src"));
  },
  "the whole tree as a link": ({ tree, root }) => {
    renameSync(tree, join(root, "outside"));
    symlinkSync(join(root, "outside"), tree);
    forge(join(root, "outside/src/a"));
  },
  "a file as a link to an equal file": ({ tree, root }) => {
    writeFileSync(join(root, "a"), "a\n");
    rmSync(join(tree, "src/a"));
    symlinkSync(join(root, "a"), join(tree, "src/a"));
  },
  "an equal file with a second name outside": ({ tree, area }) => {
    linkSync(join(tree, "src/a"), join(area, "second"));
  },
  "names in another case": ({ tree }) => {
    renameSync(join(tree, "docs"), join(tree, "DOCS"));
    mkdirSync(join(tree, ".GIT"));
    writeFileSync(join(tree, ".GIT/config"), "[core]\n");
  },
  "files in place of directories, and directories in place of files": ({ tree }) => {
    rmSync(join(tree, "src"), { recursive: true });
    writeFileSync(join(tree, "src"), "file");
    rmSync(join(tree, "run.sh"));
    mkdirSync(join(tree, "run.sh/inner"), { recursive: true });
    rmSync(join(tree, "docs/link"));
    mkdirSync(join(tree, "docs/link"));
    rmSync(join(tree, "module"), { recursive: true });
    writeFileSync(join(tree, "module"), "file");
  },
  "a pipe in place of a file": ({ tree }) => {
    rmSync(join(tree, "src/a"));
    execFileSync("mkfifo", [join(tree, "src/a")]);
  },
  "a file of a terabyte": ({ tree }) => truncateSync(join(tree, "src/a"), 2 ** 40),
  "names that are not UTF-8": ({ tree }) => {
    execFileSync("python3", [
      "-c",
      "import os,sys; os.chdir(sys.argv[1]); open(b'x\\xff','w'); os.makedirs(b'd\\xe9/e'); os.rename(b'caf\\xe9.txt', b'caf\\xe8.txt'); open('caf\\ufffd.txt','w')",
      tree,
    ]);
  },
  "a repository in a subdirectory": ({ tree }) => {
    execFileSync("git", ["init", "-q", join(tree, "src")]);
    execFileSync("git", ["init", "-q", join(tree, "nested/repository")]);
  },
};
