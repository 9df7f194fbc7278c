import { describe, expect, test } from "vitest";
import { buildImage } from "./build-image.ts";
import { encodeImage, type Image } from "./image.ts";
import { readSources } from "./shell/sources.ts";

/** Builds a program from its text. */
function build(source: string): Promise<Image> {
  const library = readSources(new Map());
  const entry = "guest/programs/test.ts";
  return buildImage({ name: "test", entry, readSource: (path) => (path === entry ? source : library(path)) });
}

const counter = `// memory: 2 MiB
import { log } from "nomad/log";
let count: i64 = 0;
export function main(): i32 {
  for (let i = 0; i < 10; i++) count += i;
  log(count.toString());
  return 0;
}`;

test("the same source gives the same bytes", async () => {
  const [first, second] = [await build(counter), await build(counter)];
  expect(encodeImage(first)).toEqual(encodeImage(second));
});

describe("an image", () => {
  test("exports its entry, Asyncify's switch and its globals, and imports what the VMM offers", async () => {
    const { manifest, wasm } = await build(counter);
    const module = new WebAssembly.Module(wasm);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    const globals = manifest.globals.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["run", "asyncify_start_unwind", "asyncify_stop_rewind", ...globals]));
    expect(manifest.globals.map(({ type }) => type)).toContain("i64");
    const imports = new Set(WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`));
    expect(imports).toEqual(new Set(["env.memory", "env.abort", "nomad.hypercall", "nomad.safepoint"]));
  });

  test("has the memory that its source asks for, or 32 MiB", async () => {
    const mebibytes = async (source: string) => (await build(source)).manifest.memoryBytes / 1024 / 1024;
    expect(await mebibytes(counter)).toBe(2);
    expect(await mebibytes("export function main(): i32 { return 0; }")).toBe(32);
  });
});

describe("a program is refused with E_IMAGE", () => {
  test("and the compiler's message, when it does not compile", async () => {
    await expect(build("export function main(): i32 { return nothing; }")).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringContaining("Cannot find name 'nothing'"),
    });
  });

  test("when it has no main", async () => {
    await expect(build("export function run(): i32 { return 0; }")).rejects.toMatchObject({
      code: "E_IMAGE",
      message: expect.stringContaining("must export function main"),
    });
  });

  test("when it is not there", async () => {
    const program = { name: "none", entry: "guest/programs/none.ts", readSource: () => null };
    await expect(buildImage(program)).rejects.toMatchObject({ code: "E_IMAGE" });
  });
});
