// AssemblyScript to plain wasm.
import { PROGRAM_BASE } from "@nomad/abi";
import { NomadError } from "@nomad/base";
import asc from "assemblyscript/asc";

/** Source of a file by its path below the sources' root ("guest/assembly/verbs.ts"), or null. */
export type ReadSource = (path: string) => string | null;

const options = [
  "-O3",
  "--noAssert",
  "--runtime",
  "incremental",
  "--importMemory",
  "--sharedMemory",
  "--enable",
  "threads",
  "--enable",
  "simd",
  "--exportStart",
  "_start",
  "--memoryBase",
  String(PROGRAM_BASE),
] as const;

/** Compiles a program for a memory of so many wasm pages. Throws E_IMAGE with the compiler's messages. */
export async function compile(entry: string, memoryPages: number, readSource: ReadSource): Promise<Uint8Array> {
  const messages: string[] = [];
  let wasm: Uint8Array | null = null;
  const pages = String(memoryPages);
  const { error } = await asc.main(
    [entry, ...options, "--initialMemory", pages, "--maximumMemory", pages, "--outFile", "out.wasm"],
    {
      readFile: (path) => readSource(sourcePath(path)),
      writeFile: (path, contents) => {
        if (path === "out.wasm" && typeof contents !== "string") wasm = contents;
      },
      listFiles: () => [],
      stdout: { write: () => true },
      stderr: { write: (text) => messages.push(String(text)) > 0 },
    },
  );
  if (error !== null || wasm === null) {
    throw new NomadError("E_IMAGE", `${entry} does not compile:\n${messages.join("").trim() || error?.message}`);
  }
  return wasm;
}

/** Programs import the guest library as "nomad/verbs" and so on: asc looks for a package, and finds guest/assembly. */
function sourcePath(path: string): string {
  return path.replace(/^node_modules\/nomad\//, "guest/assembly/");
}
