// What needs the compiler: apart from the package's main entry, so that a host does not load it.
export { BUILDER_VERSION, buildImage, type Program } from "./build-image.ts";
export type { ReadSource } from "./compile.ts";
export { ensureImage, outdatedImages } from "./shell/build-all.ts";
export { readProgram } from "./shell/sources.ts";
