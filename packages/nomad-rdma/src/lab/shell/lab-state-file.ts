import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { directoryOf, type NomadDirectory, readIfThere } from "../../settings/shell/nomad-directory.ts";
import { type LabState, parseLabState } from "../lab-state.ts";

/** Tells others in this directory where the lab is. */
export function writeLabState(cwd: string, state: LabState): string {
  const directory = makeDirectory(cwd);
  const draft = `${directory.state}.${process.pid}`;
  writeFileSync(draft, `${JSON.stringify(state, null, 2)}\n`);
  renameSync(draft, directory.state);
  return directory.state;
}

/** Takes the word back, unless another lab has given its own meanwhile. */
export function removeLabState(path: string, url: string): void {
  const text = readIfThere(path);
  if (text !== undefined && parseLabState(text, path).url === url) rmSync(path);
}

/** Files for the daemons' logs, which a lab that outlives its launcher needs: a descriptor for each name. */
export class LogFiles implements Disposable {
  readonly path: string;
  readonly #open: number[] = [];

  constructor(cwd: string) {
    this.path = makeDirectory(cwd).logs;
    mkdirSync(this.path, { recursive: true });
  }

  open(name: string): number {
    const descriptor = openSync(join(this.path, `${name}.log`), "w", 0o600);
    this.#open.push(descriptor);
    return descriptor;
  }

  [Symbol.dispose](): void {
    for (const descriptor of this.#open) closeSync(descriptor);
  }
}

function makeDirectory(cwd: string): NomadDirectory {
  const directory = directoryOf(cwd);
  mkdirSync(directory.path, { recursive: true, mode: 0o700 });
  return directory;
}
