package: hellolib
version: "1.0"
---
#!/bin/bash -e
mkdir -p "$INSTALLROOT/share"
printf '%s\n' Hello Welcome 'Good morning' > "$INSTALLROOT/share/polite-words"
