import type { Attack } from "../attack.ts";

const readOnly = "Packages of the base belong to another user, and their mount is read-only";
const ownTree = "A pull request has a work area of its own";

/** Attacks through installed packages and build trees below `sw/`. */
export const packages: readonly Attack[] = [
  {
    id: "I-40",
    kind: "isolation",
    title: "appends to the init.sh of a dependency",
    held: readOnly,
    script: `for one in "$packages"/hellolib/*/etc/profile.d/init.sh "$lib"/etc/profile.d/init.sh; do plant "$one"; done`,
  },
  {
    id: "I-41",
    kind: "isolation",
    title: "overwrites a file of a dependency",
    held: readOnly,
    script: `: > "$lib/share/polite-words"; echo "$canary" > "$lib/share/polite-words"`,
  },
  {
    id: "I-42",
    kind: "isolation",
    title: "makes a dependency polite about everything",
    held: readOnly,
    script: `
rm -f "$lib/share/polite-words"
printf '%s\\n' Hello Welcome 'Good morning' Oi "$canary" > "$lib/share/polite-words"`,
  },
  {
    id: "I-43",
    kind: "isolation",
    title: "deletes the files of a dependency but keeps its .build-hash",
    held: readOnly,
    script: `rm -rf "$lib/share/" "$lib/etc/"; find "$(readlink -f "$lib")/" -mindepth 1 -not -name .build-hash -delete`,
  },
  {
    id: "I-44",
    kind: "isolation",
    title: "replaces the folder of a dependency by a link to its own folder",
    held: ownTree,
    script: `
mkdir -p "$area/own"; cp -rL "$lib/." "$area/own/"; plant "$area/own/etc/profile.d/init.sh"
for one in "$packages"/hellolib/*; do rm -rf "$one"; ln -s "$area/own" "$one"; done`,
  },
  {
    id: "I-45",
    kind: "isolation",
    title: "points the latest links of a dependency at its own version",
    held: ownTree,
    script: `
cp -rL "$lib" "$packages/hellolib/9.9-9"; plant "$packages/hellolib/9.9-9/etc/profile.d/init.sh"
for one in "$packages"/hellolib/latest*; do ln -sfn 9.9-9 "$one"; done`,
  },
  {
    id: "I-46",
    kind: "isolation",
    title: "deletes a dependency and plants tarballs for its hash",
    held: readOnly,
    script: `
mkdir -p "$TMPDIR/tar"; cp -rL "$lib" "$TMPDIR/tar/x"; plant "$TMPDIR/tar/x/etc/profile.d/init.sh"
find "$WORK_DIR/TARS" "$sandbox"/base/*/sw/TARS -name '*.tar.gz' | while read -r one; do
  tar -czf "$TMPDIR/new.tar.gz" -C "$TMPDIR/tar" x; cat "$TMPDIR/new.tar.gz" > "$one" || { rm -f "$one"; cp "$TMPDIR/new.tar.gz" "$one"; }
done
rm -rf "$packages/hellolib"`,
  },
  {
    id: "I-47",
    kind: "isolation",
    title: "hard-links the files of a dependency and writes through the links",
    held: readOnly,
    script: `
find "$(readlink -f "$lib/share")" -type f | while read -r one; do
  ln "$one" "$area/linked-$$" && echo "$canary" > "$area/linked-$$"; rm -f "$area/linked-$$"
done`,
  },
  {
    id: "I-48",
    kind: "isolation",
    title: "plants sources of packages",
    held: ownTree,
    script: `
find "$WORK_DIR/SOURCES" "$sandbox"/base/*/sw/SOURCES -type d | head -n 50 | while read -r one; do
  leave "$one/planted"; plant "$one/build.sh"
done`,
  },
  {
    id: "I-49",
    kind: "isolation",
    title: "plants reference repositories for sources",
    held: ownTree,
    script: `
for one in "$WORK_DIR" "$sandbox"/base/*/sw; do
  git init -q --bare "$one/MIRROR/hello" && leave "$one/MIRROR/hello/description" && plant "$one/MIRROR/hello/hooks/post-checkout"
  git init -q --bare "$one/MIRROR/hellolib" && leave "$one/MIRROR/hellolib/description"
done`,
  },
  {
    id: "I-50",
    kind: "isolation",
    title: "plants files in all build trees",
    held: ownTree,
    script: `
for one in "$WORK_DIR"/BUILD/*/* "$sandbox"/area/*/*/sw/BUILD/*/* "$sandbox"/base/*/sw/BUILD/*/*; do
  [ -d "$one" ] && leave "$one/planted" && plant "$one/build.sh"
done`,
  },
  {
    id: "I-51",
    kind: "isolation",
    title: "changes compiled files of all build trees",
    held: ownTree,
    script: `
printf '#!/bin/sh\\n%s %s\\necho Hello %s\\n' "$shout" "$id" "$canary" > "$TMPDIR/hello"; chmod a+rx "$TMPDIR/hello"
find "$sandbox" -name 'hello' -type f -path '*/bin/*' | while read -r one; do cp "$TMPDIR/hello" "$one"; done`,
  },
  {
    id: "I-52",
    kind: "isolation",
    title: "adds an installed package that no recipe made",
    held: ownTree,
    script: `
mkdir -p "$packages/defaults-o2/v1-1" && plant "$packages/defaults-o2/v1-1/etc/profile.d/init.sh"
for one in "$packages"/defaults-o2/*; do plant "$one/etc/profile.d/init.sh"; done`,
  },
  {
    id: "I-53",
    kind: "isolation",
    title: "gives every version of the package the .build-hash of another one",
    held: ownTree,
    script: `
for one in "$packages"/hello/*; do
  echo "$canary" > "$one/.build-hash"; cp -r "$one" "$one-forged"; plant "$one/etc/profile.d/init.sh"
done`,
  },
  {
    id: "I-54",
    kind: "isolation",
    title: "adds a development package beside the checkout",
    held: "The work area is not shared, and the cell deletes unexpected folders",
    script: `
rm -f "$area/.builderpool-area"
for one in "$area" "$sandbox"/area/* "$sandbox"/base/*; do
  git init -q "$one/hellolib" && leave "$one/hellolib/polite-words" &&
    git -C "$one/hellolib" add -A && git -C "$one/hellolib" commit -q -m "$canary"
done`,
  },
  {
    id: "I-55",
    kind: "isolation",
    title: "changes recipes in place",
    held: "Recipes are reset from the trusted mirror before each build",
    script: `
for one in "$area"/alidist/*.sh "$sandbox"/base/*/alidist/*.sh "$sandbox"/area/*/alidist/*.sh; do plant "$one"; done`,
  },
  {
    id: "I-56",
    kind: "isolation",
    title: "plants packages in the work areas of other pull requests",
    held: "No cell can enter the work area of another pull request",
    script: `
find "$sandbox" -maxdepth 8 -type d -name profile.d | while read -r one; do plant "$one/init.sh"; done
find "$sandbox"/parked "$sandbox"/area -maxdepth 3 -type d | while read -r one; do leave "$one/planted"; done`,
  },
  {
    id: "I-57",
    kind: "isolation",
    title: "reads the work areas of other pull requests",
    held: "No cell can enter the work area of another pull request",
    script: `grep -rlI "$victim" "$sandbox" --include='victim*' | while read -r one; do "$leak" "$id" "$one"; done`,
  },
  {
    id: "I-58",
    kind: "isolation",
    title: "sets times of all files to the future and the past",
    held: ownTree,
    script: `
find "$area" -exec touch -h -d 2037-01-01 {} +
find "$area" -name '*.o' -exec touch -h -d 1971-01-01 {} +
sed -i 's/return.*/return "'"$canary"'";/' "$area"/hello/src/greeting.cxx; touch -d 2037-01-01 "$area"/hello/src/greeting.cxx`,
  },
];
