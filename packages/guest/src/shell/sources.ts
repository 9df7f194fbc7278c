import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { ReadSource } from "../compile.ts";

/** The folder of all packages: the root of the sources. */
export const sourcesRoot = resolve(import.meta.dirname, "../../..");

/** Reads sources below the packages' folder; remembers what was read, for hashing. */
export function readSources(seen: Map<string, string>): ReadSource {
  return (path) => {
    const source = readOrNull(join(sourcesRoot, path));
    if (source !== null) seen.set(path, source);
    return source;
  };
}

/**
 * As `readSources`, for a program anywhere: its folder stands in for guest/programs, the guest library is as ever.
 * Returns the reader and the entry's path as the reader knows it.
 */
export function readProgram(file: string): { entry: string; readSource: ReadSource } {
  const folder = "guest/programs/";
  const base = dirname(resolve(file));
  const library = readSources(new Map());
  return {
    entry: `${folder}${file.slice(dirname(file) === "." ? 0 : dirname(file).length + 1)}`,
    readSource: (path) => (path.startsWith(folder) ? readOrNull(join(base, path.slice(folder.length))) : library(path)),
  };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
