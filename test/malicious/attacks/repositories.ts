import type { Attack } from "../attack.ts";

const remade = "The cell makes .git and the index anew from the trusted mirror";

/** Attacks through git. */
export const repositories: readonly Attack[] = [
  {
    id: "G-01",
    kind: "git",
    title: "hides changed sources with assume-unchanged and skip-worktree",
    held: remade,
    script: `
trees | while read -r one; do
  cd "$one" && git ls-files > "$TMPDIR/files"
  while read -r file; do echo "# $canary" >> "$file"; done < "$TMPDIR/files"
  git update-index --assume-unchanged --stdin < "$TMPDIR/files"; git update-index --skip-worktree --stdin < "$TMPDIR/files"
done`,
  },
  {
    id: "G-02",
    kind: "git",
    title: "forges an index with the sizes and times of its changed sources",
    held: remade,
    script: `
trees | while read -r one; do
  cd "$one" || continue
  git ls-files -s > "$TMPDIR/index"
  git ls-files | while read -r file; do echo "# $canary" >> "$file"; touch -d '1 hour ago' "$file"; done
  sleep 1; git add -A; git ls-files -s > "$TMPDIR/changed"
  python3 - "$one/.git/index" "$TMPDIR/index" "$TMPDIR/changed" <<'PY'
import hashlib, sys
index, old, new = sys.argv[1:]
hashes = lambda name: {line.split("\\t")[1]: line.split()[1] for line in open(name).read().splitlines()}
data, before, after = open(index, "rb").read()[:-20], hashes(old), hashes(new)
for path, forged in before.items():
    data = data.replace(bytes.fromhex(after[path]), bytes.fromhex(forged))
# Without the cache of trees, so that only the entries count.
at = data.find(b"TREE")
data = data[:at] if at > 0 else data
open(index, "wb").write(data + hashlib.sha1(data).digest())
PY
done`,
  },
  {
    id: "G-03",
    kind: "git",
    title: "adds hooks to all repositories",
    held: "Git of the cell runs no hooks, and .git is made anew",
    script: `
for tree in $(trees) "$sandbox"/../../mirrors/* "$sandbox"/mirror/*; do
  for hook in post-checkout post-merge pre-merge-commit reference-transaction post-index-change fsmonitor-watchman; do
    plant "$tree/.git/hooks/$hook"; plant "$tree/hooks/$hook"
  done
done`,
  },
  {
    id: "G-04",
    kind: "git",
    title: "sets programs in the configuration of all repositories",
    held: remade,
    script: `
trees | while read -r one; do
  for key in core.fsmonitor core.pager core.editor core.sshCommand diff.external merge.x.driver filter.x.clean filter.x.smudge gpg.program credential.helper; do
    git -C "$one" config "$key" "$shout $id"
  done
  git -C "$one" config core.worktree "$area/own"; git -C "$one" config core.hooksPath "$area/own"
  echo "* filter=x merge=x" > "$one/.git/info/attributes"
done`,
  },
  {
    id: "G-05",
    kind: "git",
    title: "hides its files from the cleanup with info/exclude and a nested repository",
    held: "Checkouts are not shared, and the cell removes ignored files and nested repositories",
    script: `
trees | while read -r one; do
  mkdir -p "$one/.git/info"; echo '*' > "$one/.git/info/exclude"
  leave "$one/src/planted.cxx"; leave "$one/test/planted.words"; git init -q "$one/src/nested" && leave "$one/src/nested/file"
  printf '%s %s\\n' "$shout" "$id" > "$one/test/zz.test"
done`,
  },
  {
    id: "G-06",
    kind: "git",
    title: "borrows objects of its own through alternates",
    held: remade,
    script: `
git init -q --bare "$area/own.git"
trees | while read -r one; do
  mkdir -p "$one/.git/objects/info"; echo "$area/own.git/objects" > "$one/.git/objects/info/alternates"
  echo "$canary" | git -C "$one" hash-object -w --stdin
done; leave "$area/own.git/description"`,
  },
  {
    id: "G-07",
    kind: "git",
    title: "replaces .git by a file, a link and a repository of its own",
    held: remade,
    script: `
trees | while read -r one; do
  mv "$one/.git" "$area/own-$(basename "$one")"; echo "# $canary" >> "$area/own-$(basename "$one")/description"
  case $one in *hello) echo "gitdir: $area/own-hello" > "$one/.git" ;; *) ln -s "$area/own-$(basename "$one")" "$one/.git" ;; esac
done`,
  },
  {
    id: "G-08",
    kind: "git",
    title: "replaces commits by others with replace references and grafts",
    held: remade,
    script: `
trees | while read -r one; do
  cd "$one" || continue
  echo "# $canary" >> README.md; git commit -qam "$canary"
  git replace -f HEAD~1 HEAD; git replace -f HEAD^2 HEAD
  git rev-parse HEAD > .git/shallow; git rev-parse HEAD > .git/info/grafts
done`,
  },
  {
    id: "G-09",
    kind: "git",
    title: "writes objects, references and configuration into the mirrors",
    held: "Mirrors belong to the builder",
    script: `
for one in $(find "$work" -maxdepth 6 -name '*.git' -type d) $(sed -n 's,/objects$,,p' "$area"/*/.git/objects/info/alternates); do
  echo "$canary" > "$one/description"; echo "$canary" >> "$one/packed-refs"; git -C "$one" config core.fsmonitor "$shout $id"
  echo "$canary" > "$one/objects/info/alternates"; rm -rf "$one/refs"; plant "$one/hooks/post-update"
done
find "$work" -name '*.git' -writable -maxdepth 6 ! -path "$area/*" | while read -r one; do "$leak" "$id" "$one"; done`,
  },
  {
    id: "G-10",
    kind: "git",
    title: "leaves lock files in all repositories",
    held: remade,
    script: `
trees | while read -r one; do
  for name in index HEAD config packed-refs shallow refs/heads/master; do echo "$canary" > "$one/.git/$name.lock"; done
done`,
  },
  {
    id: "G-11",
    kind: "git",
    title: "has attributes with filters and merge drivers in its tree",
    held: "Git of the cell has no filters and no drivers",
    script: ":",
    files: {
      ".gitattributes": "* filter=x merge=x diff=x ident export-subst\n*.md working-tree-encoding=UTF-16\n",
      ".gitconfig": '[filter "x"]\n\tsmudge = false\n',
    },
  },
  {
    id: "G-12",
    kind: "git",
    title: "has submodules with addresses that run programs",
    held: "The cell clones no submodules, and the ext transport is off",
    script: 'git submodule update --init; git clone "ext::$shout $id" "$TMPDIR/x"',
    files: { ".gitmodules": '[submodule "x"]\n\tpath = x\n\turl = ext::sh -c touch%20/tmp/x\n' },
  },
  {
    id: "G-13",
    kind: "git",
    title: "replaces the checkout by a link to a folder of its own",
    held: remade,
    script: `
trees | while read -r one; do
  cp -r "$one" "$area/own-$(basename "$one")"; leave "$area/own-$(basename "$one")/README.md"
  mv "$one" "$one.old"; ln -s "$area/own-$(basename "$one")" "$one"
done`,
  },
];
