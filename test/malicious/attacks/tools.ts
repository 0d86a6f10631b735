import type { Attack } from "../attack.ts";

const readOnly = "Builds cannot write the installed aliBuild: another user owns it, and its mount is read-only";
const newHome = "HOME is new for each order";

/** Attacks through the installation of aliBuild and through HOME. */
export const tools: readonly Attack[] = [
  {
    id: "I-01",
    kind: "isolation",
    title: "adds a .pth file to the virtual environment of aliBuild",
    held: readOnly,
    script: `
for one in "$tools"/*/lib/python*/site-packages; do
  echo "import os; os.system('$shout $id') # $canary" > "$one/zz.pth"
done`,
  },
  {
    id: "I-02",
    kind: "isolation",
    title: "adds sitecustomize.py to the virtual environment of aliBuild",
    held: readOnly,
    script: `for one in "$tools"/*/lib/python*/site-packages; do plantPython "$one/sitecustomize.py"; done`,
  },
  {
    id: "I-03",
    kind: "isolation",
    title: "replaces the programs of aliBuild",
    held: readOnly,
    script: `
for one in "$tools"/*/bin/aliBuild "$tools"/*/bin/aliDoctor; do
  cp "$one" "$TMPDIR/program"
  sed -i "1a import os; os.system('$shout $id') # $canary" "$TMPDIR/program"
  chmod a+rx "$TMPDIR/program"; mv -f "$TMPDIR/program" "$one"
done`,
  },
  {
    id: "I-04",
    kind: "isolation",
    title: "appends to the modules of aliBuild",
    held: readOnly,
    script: `for one in "$tools"/*/lib/python*/site-packages/alibuild_helpers/*.py; do plantPython "$one"; done`,
  },
  {
    id: "I-05",
    kind: "isolation",
    title: "moves the installation away and puts a copy in its place",
    held: readOnly,
    script: `
for one in "$tools"/alibuild-*; do
  [ -d "$one/" ] || continue
  mv "$one" "$one.old" && cp -r "$one.old/." "$one" && plantPython "$one/lib/$(ls "$one/lib")/site-packages/sitecustomize.py"
done`,
  },
  {
    id: "I-06",
    kind: "isolation",
    title: "adds usercustomize.py to HOME",
    held: newHome,
    script: `
for minor in 8 9 10 11 12 13 14; do
  plantPython "$HOME/.local/lib/python3.$minor/site-packages/usercustomize.py"
done`,
  },
  {
    id: "I-07",
    kind: "isolation",
    title: "adds programs to .local/bin and bin of HOME",
    held: newHome,
    script: `for one in git python3 rsync make c++; do plant "$HOME/.local/bin/$one"; plant "$HOME/bin/$one"; done`,
  },
  {
    id: "I-08",
    kind: "isolation",
    title: "adds start files of shells to HOME",
    held: newHome,
    script: `for one in .bashrc .bash_profile .profile .bash_login .zshenv .bash_logout; do plant "$HOME/$one"; done`,
  },
  {
    id: "I-09",
    kind: "isolation",
    title: "adds pip configuration to HOME and to the virtual environment",
    held: newHome,
    script: `
for one in "$HOME/.config/pip/pip.conf" "$HOME/.pip/pip.conf" "$tools"/*/pip.conf; do
  mkdir -p "$(dirname "$one")"
  printf '[global]\\nindex-url = http://127.0.0.1:9/%s\\n' "$canary" > "$one"
done`,
  },
  {
    id: "I-10",
    kind: "isolation",
    title: "adds git configuration, credentials and attributes to HOME",
    held: newHome,
    script: `
mkdir -p "$HOME/.config/git"
printf '[core]\\n\\tfsmonitor = %s %s\\n[alias]\\n\\tx = %s\\n' "$shout" "$id" "$canary" > "$HOME/.gitconfig"
cp "$HOME/.gitconfig" "$HOME/.config/git/config"
echo "https://$canary@github.com" > "$HOME/.git-credentials"
echo "* filter=$canary" > "$HOME/.config/git/attributes"`,
  },
  {
    id: "I-11",
    kind: "isolation",
    title: "leaves a compiler cache in HOME",
    held: newHome,
    script: `leave "$HOME/.ccache/0/object.o"; leave "$HOME/.cache/ccache/1/object.o"; leave "$HOME/.cache/pip/http/page"`,
  },
  {
    id: "I-12",
    kind: "isolation",
    title: "replaces .config of HOME by a link to its own folder",
    held: newHome,
    script: `
mkdir -p "$area/own/alibuild" && leave "$area/own/alibuild/disable-analytics"
rm -rf "$HOME/.config" && ln -s "$area/own" "$HOME/.config"`,
  },
  {
    id: "I-13",
    kind: "isolation",
    title: "leaves settings of rsync, curl, wget and netrc in HOME",
    held: newHome,
    script: `for one in .popt .curlrc .wgetrc .netrc .rsync-filter .inputrc; do leave "$HOME/$one"; done`,
  },
];
