import type { Attack } from "../attack.ts";

const deletion = "Deleting repairs modes, walks by descriptors, and renames aside what stays";
const emptied = "The tree of a build that filled the disk is deleted, and a reserve keeps store and lock";
const quota = "The cell stops a build above its quota, or on a disk that stays full, and deletes its files";

/** Attacks on availability through files. */
export const disk: readonly Attack[] = [
  {
    id: "A-01",
    kind: "availability",
    title: "closes every folder with chmod 000",
    held: deletion,
    script: `find "$sandbox" /tmp/builderpool-none -depth -user "$(id -u)" -exec chmod 000 {} +`,
  },
  {
    id: "A-02",
    kind: "availability",
    title: "makes a path of 3,000 folders",
    held: deletion,
    script: `
for place in "$area" "$HOME" "$TMPDIR" "$SOURCEDIR"; do
  cd "$place" && perl -e 'for (1..3000) { mkdir "d" x 20; chdir "d" x 20 } open F, ">", "end"'
done`,
  },
  {
    id: "A-03",
    kind: "availability",
    title: "makes 64,000 files",
    held: deletion,
    script: `
for place in "$area/many" "$HOME/many" "$TMPDIR/many" "$SOURCEDIR/many"; do
  mkdir -p "$place" && cd "$place" && perl -e 'for (1..16000) { open F, ">", "f$_" }'
done`,
  },
  {
    id: "A-04",
    kind: "availability",
    title: "makes names that are not UTF-8, with line breaks and of 255 bytes",
    held: deletion,
    script: `
for place in "$area" "$HOME" "$TMPDIR" "$SOURCEDIR" "$WORK_DIR/BUILD" "$packages"; do
  cd "$place" && perl -e 'for ("\\xff\\xfe", "a\\nb", "-rf", " ", "\\\\", "x" x 255, "\\x80" x 255) { mkdir $_; open F, ">", "$_/\\xff" }'
done`,
  },
  {
    id: "A-05",
    kind: "availability",
    title: "nests closed folders with the sticky and setgid bits",
    held: deletion,
    script: `
for place in "$area" "$HOME" "$TMPDIR" "$SOURCEDIR" "$WORK_DIR/BUILD"; do
  cd "$place" || continue
  for depth in $(seq 40); do mkdir closed && touch closed/file && cd closed || break; done
  for depth in $(seq 40); do chmod 3000 . ; cd ..; done
done`,
  },
  {
    id: "A-06",
    kind: "availability",
    title: "fills the disk to the last byte",
    held: emptied,
    volume: "size=300m",
    script: `
for one in "$HOME/fill" "$area/fill" "$TMPDIR/fill" "$SOURCEDIR/fill"; do cat /dev/zero > "$one"; done
while echo x >> "$HOME/rest"; do :; done`,
  },
  {
    id: "A-07",
    kind: "availability",
    title: "fills the disk with empty files",
    held: emptied,
    volume: "size=400m,nr_inodes=30000",
    script: `mkdir -p "$HOME/many" && cd "$HOME/many" && perl -e 'for (1..200000) { open F, ">", "f$_" or last }'`,
  },
  {
    id: "A-08",
    kind: "availability",
    title: "makes files of a petabyte without content",
    held: "Sizes are measured in used blocks",
    script: `for one in "$HOME" "$area" "$TMPDIR" "$WORK_DIR/BUILD"; do truncate -s 8T "$one/large"; done`,
  },
  {
    id: "A-09",
    kind: "availability",
    title: "replaces logs by FIFOs",
    held: "The cell opens only plain files, without waiting",
    script: `
find "$WORK_DIR/BUILD" -name log | while read -r one; do rm -f "$one"; mkfifo "$one"; done
mkdir -p "$WORK_DIR/MIRROR"; mkfifo "$WORK_DIR/MIRROR/fetch-log.txt"
for one in "$SOURCEDIR" "$area" "$HOME/.config/alibuild" "$SOURCEDIR/.git"; do mkfifo "$one/pipe"; done
rm -f "$HOME/.config/alibuild/disable-analytics" && mkfifo "$HOME/.config/alibuild/disable-analytics"
rm -f "$SOURCEDIR/.git/index" "$SOURCEDIR/.git/HEAD"; mkfifo "$SOURCEDIR/.git/index" "$SOURCEDIR/.git/HEAD"`,
  },
  {
    id: "A-10",
    kind: "availability",
    title: "deletes everything that it can",
    held: "The builder makes missing folders anew",
    script: `cd /; rm -rf "$HOME" "$TMPDIR" "$area" "$tools" "$sandbox"/base "$sandbox"/area "$sandbox"/*`,
  },
  {
    id: "A-11",
    kind: "availability",
    title: "moves folders of the sandbox away and puts files in their place",
    held: "The parents of all folders belong to the builder",
    script: `
for one in "$HOME" "$TMPDIR" "$tools" "$area" "$WORK_DIR" "$sandbox"/config "$sandbox"/state; do
  mv "$one" "$one.away" && touch "$one"
done`,
  },
  {
    id: "A-12",
    kind: "availability",
    title: "makes loops and chains of links",
    held: "No step follows links of a build",
    script: `
for one in "$area" "$HOME" "$TMPDIR" "$WORK_DIR/BUILD" "$packages" "$SOURCEDIR"; do
  cd "$one" && ln -s . loop && ln -s b a && ln -s a b && ln -s / root && ln -s "$sandbox" up && ln -s /proc/self/fd fd
  perl -e 'symlink "x/" x 2000, "long"'
done`,
  },
  {
    id: "A-13",
    kind: "availability",
    title: "replaces folders of sw by links to folders of the system",
    held: "The cell removes planted links before each step",
    script: `
for one in BUILD SOURCES TARS MIRROR SPECS INSTALLROOT; do rm -rf "$WORK_DIR/$one"; ln -s /etc "$WORK_DIR/$one"; done
ln -sfn / "$WORK_DIR/BUILD-latest"`,
  },
  {
    id: "A-14",
    kind: "availability",
    title: "has a file name of 300 bytes in its tree",
    held: "A failure that stays the same is the pull request's own",
    result: "Failure",
    files: { [`${"x".repeat(300)}.txt`]: "long\n" },
  },
  {
    id: "A-15",
    kind: "availability",
    title: "keeps the disk full and never ends",
    held: quota,
    volume: "size=300m",
    script: 'trap "" TERM; cat /dev/zero > "$HOME/fill"; sleep 1000',
  },
  {
    id: "A-16",
    kind: "availability",
    title: "keeps all inodes of the disk and never ends",
    held: quota,
    volume: "size=400m,nr_inodes=30000",
    script: `
trap "" TERM
for place in "$area/many" "$HOME/many" "$TMPDIR/many"; do
  mkdir -p "$place" && cd "$place" && perl -e 'for (1..200000) { open F, ">", "f$_" or last }'
done
sleep 1000`,
  },
  {
    id: "A-17",
    kind: "availability",
    title: "keeps the disk full with a file that has no name, and never ends",
    held: quota,
    volume: "size=300m",
    script: 'trap "" TERM; exec 9> "$HOME/fill"; rm "$HOME/fill"; cat /dev/zero >&9; sleep 1000',
  },
];
