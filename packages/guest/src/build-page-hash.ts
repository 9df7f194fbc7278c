// Builds the wasm module by which the VMM hashes a guest's pages (assembly/host/page-hash.ts).
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { NomadError } from "@nomad/base";
import asc from "assemblyscript/asc";

const source = new URL("../assembly/host/page-hash.ts", import.meta.url);
const output = new URL("../images/page-hash.wasm", import.meta.url);
const entry = "page-hash.ts";

// The memory is a guest's: any size fits, and the module must not bring data of its own.
const options = [
  ...["-O3", "--noAssert", "--runtime", "stub", "--enable", "threads", "--enable", "simd"],
  ...["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", "65536"],
  ...["--outFile", "out.wasm"],
];

/** Writes packages/guest/images/page-hash.wasm, unless it is newer than its sources. Throws E_IMAGE. */
export async function buildPageHash(): Promise<void> {
  const [built, ...sources] = await Promise.all([output, source, new URL(import.meta.url)].map(modifiedMs));
  if (sources.every((modified) => modified < (built as number))) return;
  const wasm = await compilePageHash(await readFile(source, "utf8"));
  await mkdir(new URL(".", output), { recursive: true });
  await writeFile(output, wasm);
}

async function compilePageHash(text: string): Promise<Uint8Array> {
  const messages: string[] = [];
  let wasm: Uint8Array | null = null;
  const { error } = await asc.main([entry, ...options], {
    readFile: (path) => (path === entry ? text : null),
    writeFile: (_, contents) => {
      if (typeof contents !== "string") wasm = contents;
    },
    listFiles: () => [],
    stdout: { write: () => true },
    stderr: { write: (line) => messages.push(String(line)) > 0 },
  });
  if (error === null && wasm !== null) return wasm;
  throw new NomadError("E_IMAGE", `the page hash does not compile:\n${messages.join("") || error?.message}`);
}

async function modifiedMs(file: URL): Promise<number> {
  const found = await stat(file).catch(() => null);
  return found?.mtimeMs ?? 0;
}
