/** Architectures that aliBuild 1.17 builds for: `matchValidArch` in its `args.py`. It refuses every other. */
const known = /^slc([5-9]|[1-9][0-9])_(x86-64|ppc64|aarch64)$|^(ubuntu|ubt|osx|fedora)[0-9]*_(x86-64|arm64)$/;

/** Whether aliBuild knows the architecture. */
export function isKnownArchitecture(architecture: string): boolean {
  return known.test(architecture);
}
