// A program in AssemblyScript becomes an image of a guest that can be stopped anywhere.
import { NomadError } from "@nomad/base";
import binaryen from "assemblyscript/binaryen";
import { compile, type ReadSource } from "./compile.ts";
import { type Image, makeImage } from "./image.ts";
import { guestFeatures, type Module } from "./ir.ts";
import { asyncify } from "./pass-asyncify.ts";
import { addEntry } from "./pass-entry.ts";
import { exportGlobals } from "./pass-globals.ts";
import { addSafepoints } from "./pass-safepoints.ts";

export const BUILDER_VERSION = "nomad-guest 0.1.0";

const wasmPageBytes = 65536;
const mebibyte = 1024 * 1024;
const memoryMebibytesDefault = 32;

export interface Program {
  /** Name of the image. */
  readonly name: string;
  /** Path of the source below the sources' root, as `readSource` knows it. */
  readonly entry: string;
  readonly readSource: ReadSource;
}

/**
 * Builds the image of a program. Its memory is what a line `// memory: 48 MiB` in the entry's source says, else 32 MiB.
 * The same sources give the same bytes. Throws E_IMAGE with the compiler's messages.
 */
export async function buildImage(program: Program): Promise<Image> {
  const source = program.readSource(program.entry);
  if (source === null) throw new NomadError("E_IMAGE", `there is no ${program.entry}`);
  const memoryPages = (memoryMebibytes(source) * mebibyte) / wasmPageBytes;
  const module = binaryen.readBinaryWithFeatures(
    await compile(program.entry, memoryPages, program.readSource),
    guestFeatures,
  );
  try {
    const globals = transform(module, memoryPages);
    return makeImage({
      name: program.name,
      memoryBytes: memoryPages * wasmPageBytes,
      globals,
      builder: BUILDER_VERSION,
      wasm: module.emitBinary(),
    });
  } finally {
    module.dispose();
  }
}

/** The passes in their order: Asyncify comes last, because it must see every call that can unwind. */
function transform(module: Module, memoryPages: number) {
  binaryen.setOptimizeLevel(3);
  binaryen.setShrinkLevel(0);
  addEntry(module, memoryPages);
  addSafepoints(module);
  module.optimize();
  const globals = exportGlobals(module);
  asyncify(module);
  module.optimize();
  if (module.validate() === 0) throw new NomadError("E_IMAGE", "the transformed module is not valid wasm");
  return globals;
}

function memoryMebibytes(source: string): number {
  const line = /^\/\/ memory: (\d+) MiB$/m.exec(source);
  return line === null ? memoryMebibytesDefault : Number(line[1]);
}
