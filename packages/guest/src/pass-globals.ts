// A guest's globals are part of its state: the VMM reads and sets them by name, so every mutable one is exported.
import { NomadError } from "@nomad/base";
import binaryen from "assemblyscript/binaryen";
import type { GlobalDeclaration, GlobalType } from "./image.ts";
import type { Module } from "./ir.ts";

const typeNames = new Map<number, GlobalType>([
  [binaryen.i32, "i32"],
  [binaryen.i64, "i64"],
  [binaryen.f32, "f32"],
  [binaryen.f64, "f64"],
]);

/** Prefix of the exports, which no program can export by itself. */
const prefix = "global:";

/** Exports every mutable global as `global:N`; throws E_IMAGE for a type that JavaScript cannot read (v128). */
export function exportGlobals(module: Module): GlobalDeclaration[] {
  const declarations: GlobalDeclaration[] = [];
  for (let i = 0; i < module.getNumGlobals(); i++) {
    const info = binaryen.getGlobalInfo(module.getGlobalByIndex(i));
    if (!info.mutable) continue;
    const type = typeNames.get(info.type);
    if (type === undefined)
      throw new NomadError("E_IMAGE", `global ${info.name}: only i32, i64, f32 and f64 can be moved`);
    const name = `${prefix}${declarations.length}`;
    module.addGlobalExport(info.name, name);
    declarations.push({ name, type });
  }
  return declarations;
}
