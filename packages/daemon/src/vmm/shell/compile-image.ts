import v8 from "node:v8";
import { NomadError } from "@nomad/base";
import type { Image } from "@nomad/guest";

let flagsSet = false;

/**
 * Compiles a guest's code, off the main thread. With the optimising compiler only, and before it runs: V8 never replaces
 * a wasm frame that is running, and a guest's main is one long call. Throws E_IMAGE.
 */
export async function compileImage(image: Image): Promise<WebAssembly.Module> {
  if (!flagsSet) {
    v8.setFlagsFromString("--no-liftoff");
    v8.setFlagsFromString("--no-wasm-lazy-compilation");
    flagsSet = true;
  }
  try {
    return await WebAssembly.compile(image.wasm);
  } catch (cause) {
    throw new NomadError("E_IMAGE", `image ${image.manifest.name} is not valid wasm: ${String(cause)}`, { cause });
  }
}
