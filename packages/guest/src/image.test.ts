import { ABI_VERSION } from "@nomad/abi";
import { limits } from "@nomad/base";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeImage, type Image, makeImage, parseImage } from "./image.ts";

const memoryBytes = 32 * 1024 * 1024;

function sample(more: Partial<Parameters<typeof makeImage>[0]> = {}): Image {
  const globals = [{ name: "global:0", type: "i64" as const }];
  const wasm = Uint8Array.of(0, 97, 115, 109);
  return makeImage({ name: "sample", memoryBytes, globals, builder: "test", wasm, ...more });
}

/** The bytes of a file with another manifest. */
function withManifest(change: (manifest: Record<string, unknown>) => void): Uint8Array {
  const { manifest, wasm } = sample();
  const changed: Record<string, unknown> = { ...manifest };
  change(changed);
  return encodeImage({ manifest: changed as Image["manifest"], wasm });
}

const refused = (code: string) => expect.objectContaining({ name: "NomadError", code });

test("an image comes back from its file as it was", () => {
  const image = sample();
  expect(parseImage(encodeImage(image))).toEqual(image);
});

test("an image is found at any offset of a larger buffer", () => {
  const file = encodeImage(sample());
  const buffer = new Uint8Array(file.length + 3);
  buffer.set(file, 3);
  expect(parseImage(buffer.subarray(3))).toEqual(sample());
});

describe("a file is refused", () => {
  test.for([
    ["E_IMAGE", "that is empty", () => new Uint8Array()],
    ["E_IMAGE", "of another kind", () => new TextEncoder().encode("#!/bin/sh, and so on")],
    ["E_IMAGE", "whose manifest is cut off", () => encodeImage(sample()).subarray(0, 40)],
    ["E_IMAGE", "whose manifest lacks a field", () => withManifest((m) => delete m.globals)],
    ["E_IMAGE", "whose manifest has an unknown field", () => withManifest((m) => Object.assign(m, { more: 1 }))],
    ["E_IMAGE", "with a name that is a path", () => withManifest((m) => Object.assign(m, { name: "../x" }))],
    ["E_IMAGE", "with memory of no whole page", () => withManifest((m) => Object.assign(m, { memoryBytes: 4711 }))],
    ["E_IMAGE_ABI", "of another ABI", () => withManifest((m) => Object.assign(m, { abi: ABI_VERSION + 1 }))],
    [
      "E_IMAGE_ABI",
      "of another ABI, whatever else its manifest holds",
      () => withManifest((m) => Object.assign(m, { abi: 99, more: 1 })),
    ],
    ["E_IMAGE_HASH", "whose code is cut off", () => encodeImage(sample()).subarray(0, -1)],
    [
      "E_TOO_LARGE",
      "that wants too much memory",
      () => encodeImage(sample({ memoryBytes: limits.guestMemoryBytesMax + 65536 })),
    ],
    ["E_TOO_LARGE", "that is too large", () => new Uint8Array(limits.imageBytesMax + 1)],
  ] as const)("with %s: one %s", ([code, , file]) => {
    expect(() => parseImage(file())).toThrowError(refused(code));
  });

  test("with a NomadError, whatever bytes it holds", () => {
    const start = encodeImage(sample()).subarray(0, 12);
    fc.assert(
      fc.property(fc.boolean(), fc.uint8Array({ maxLength: 400 }), (asImage, bytes) => {
        const file = asImage ? Uint8Array.from([...start, ...bytes]) : bytes;
        expect(() => parseImage(file)).toThrowError(expect.objectContaining({ name: "NomadError" }));
      }),
    );
  });

  test("when any bit of it is flipped", () => {
    const file = encodeImage(sample());
    fc.assert(
      fc.property(fc.nat(file.length - 1), fc.nat(7), (at, bit) => {
        const flipped = Uint8Array.from(file);
        flipped[at] = (flipped[at] ?? 0) ^ (1 << bit);
        expect(accepted(flipped)).not.toEqual(sample());
      }),
    );
  });
});

function accepted(file: Uint8Array): Image | null {
  try {
    return parseImage(file);
  } catch {
    return null;
  }
}
