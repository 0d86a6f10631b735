package: hello
version: "%(tag_basename)s"
tag: master
source: https://github.com/alice/hello
requires:
  - hellolib
---
#!/bin/bash -e
rsync -a --delete --exclude .git "$SOURCEDIR/" ./
./build.sh
./test/run.sh bin/hello "$HELLOLIB_ROOT/share/polite-words"
mkdir -p "$INSTALLROOT/bin"
cp bin/hello "$INSTALLROOT/bin/"
