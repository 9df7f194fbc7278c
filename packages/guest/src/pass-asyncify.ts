// Asyncify makes the call stack a part of linear memory: an import may unwind it, and later rewind it elsewhere.
import binaryen from "assemblyscript/binaryen";
import type { Module } from "./ir.ts";

/** The imports that may unwind; whatever can reach none of them stays as it is. */
export const unwindingImports = ["nomad.safepoint", "nomad.wait", "nomad.hypercall"] as const;

export function asyncify(module: Module): void {
  binaryen.setPassArgument("asyncify-imports", unwindingImports.join(","));
  try {
    module.runPasses(["asyncify"]);
  } finally {
    binaryen.clearPassArguments();
  }
}
