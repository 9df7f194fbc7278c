// One way into a guest: `run` puts the data in place, runs the top level, then main. Data segments are passive, so that
// instantiating a module writes nothing: at the destination of a move the memory may arrive before or after it.
import { NomadError } from "@nomad/base";
import binaryen from "assemblyscript/binaryen";
import { dataSegments, type Expression, type Module } from "./ir.ts";

export const ENTRY_NAME = "run";

/** What Binaryen calls an imported memory without a name section; every load and store refers to it. */
const memoryName = "mimport$0";

/** Replaces the exports of the program by `run(): i32` and the memory's import by a shared one with passive data. */
export function addEntry(module: Module, memoryPages: number): void {
  const start = exportedFunction(module, "_start");
  const main = exportedFunction(module, "main");
  if (main === null) throw new NomadError("E_IMAGE", "the program must export function main(): i32");
  const body = [
    ...makeDataPassive(module, memoryPages),
    ...(start === null ? [] : [module.call(start, [], binaryen.none)]),
    module.call(main, [], binaryen.i32),
  ];
  removeExports(module);
  module.addFunction(ENTRY_NAME, binaryen.none, binaryen.i32, [], module.block(null, body, binaryen.i32));
  module.addFunctionExport(ENTRY_NAME, ENTRY_NAME);
}

function exportedFunction(module: Module, name: string): string | null {
  for (let i = 0; i < module.getNumExports(); i++) {
    const info = binaryen.getExportInfo(module.getExportByIndex(i));
    if (info.name === name && info.kind === binaryen.ExternalFunction) return info.value;
  }
  return null;
}

function removeExports(module: Module): void {
  for (let i = module.getNumExports() - 1; i >= 0; i--) {
    module.removeExport(binaryen.getExportInfo(module.getExportByIndex(i)).name);
  }
}

/** Makes every data segment passive; the expressions that copy each to its place. */
function makeDataPassive(module: Module, memoryPages: number): Expression[] {
  // Memory is fresh: zeros are in place already.
  const segments = dataSegments(module).filter(({ data }) => data.some((byte) => byte !== 0));
  module.setMemory(
    memoryPages,
    memoryPages,
    null,
    segments.map(({ name, data }) => ({ name, offset: 0, data, passive: true })),
    true,
    false,
    memoryName,
  );
  module.addMemoryImport(memoryName, "env", "memory", true);
  return segments.map(({ name, offset, data }) =>
    module.memory.init(name, module.i32.const(offset), module.i32.const(0), module.i32.const(data.length)),
  );
}
