import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const binary = fileURLToPath(new URL("../../packages/nomad-rdma/bin/nomad-rdma.mjs", import.meta.url));

// A page's directory is a clone; a test's is empty, where npx would find nothing.
const npx = 'npx() { shift; "$NODE" "$BINARY" "$@"; }';

/** Runs a line of a page as a person's shell would, and resolves to its stdout. Rejects when its exit code is not 0. */
export async function runLine(line: string, cwd: string): Promise<string> {
  const { NOMAD_LAB: _lab, NOMAD_SECRET_FILE: _file, ...environment } = process.env;
  const env = { ...environment, NODE: process.execPath, BINARY: binary };
  const { stdout } = await promisify(execFile)("sh", ["-c", `${npx}\n${line}`], { cwd, env });
  return stdout;
}
