package: defaults-o2
version: v1
---
