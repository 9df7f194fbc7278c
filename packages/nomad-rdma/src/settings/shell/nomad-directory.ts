import { readFileSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

/** The directory beside a project's files that holds its lab's state and secret. */
export const directoryName = ".nomad";
const stateName = "lab.json";
const secretName = "secret";

/** The files of one `.nomad` directory. */
export interface NomadDirectory {
  readonly path: string;
  readonly state: string;
  readonly secret: string;
  readonly logs: string;
}

/** The `.nomad` directory of `cwd`, whether it is there or not. */
export function directoryOf(cwd: string): NomadDirectory {
  const path = join(resolve(cwd), directoryName);
  return { path, state: join(path, stateName), secret: join(path, secretName), logs: join(path, "logs") };
}

/** The nearest directory, from `cwd` upwards, with a lab's state; else the nearest with a secret; else that of `cwd`. */
export function nearestDirectory(cwd: string): NomadDirectory {
  const candidates = ancestors(cwd).map(directoryOf);
  return (
    candidates.find((directory) => isFile(directory.state)) ??
    candidates.find((directory) => isFile(directory.secret)) ??
    directoryOf(cwd)
  );
}

/** The text of a file, or undefined when there is none. */
export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function ancestors(cwd: string): string[] {
  const paths = [resolve(cwd)];
  for (;;) {
    const last = paths[paths.length - 1] as string;
    const parent = dirname(last);
    if (parent === last) return paths;
    paths.push(parent);
  }
}

/** Is there a file at the path? */
export function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}
