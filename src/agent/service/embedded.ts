/**
 * The programs of cells, by their file names. Empty in a checkout, where they are source files. The build of the bundle
 * replaces this file with the real programs.
 */
export const embedded: Readonly<Record<string, string>> = {};
