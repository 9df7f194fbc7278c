// The image of a guest: one file NAME.nomad. Magic, u32 length of the manifest, the manifest as JSON, then the wasm.
import { createHash } from "node:crypto";
import { ABI_VERSION, PAGE_BYTES, PROGRAM_BASE } from "@nomad/abi";
import { limits, NomadError } from "@nomad/base";
import { z } from "zod";

const magic = new TextEncoder().encode("NOMADIMG");
const prefixBytes = magic.length + 4;
const manifestBytesMax = 1024 * 1024;
const wasmPageBytes = 65536;

const globalTypes = ["i32", "i64", "f32", "f64"] as const;
const globalSchema = z.strictObject({ name: z.string().max(64), type: z.enum(globalTypes) });

const manifestSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]*$/)
    .max(limits.nameCharsMax),
  abi: z.int(),
  /** Fixed: a guest's memory neither grows nor shrinks. */
  memoryBytes: z
    .int()
    .multipleOf(wasmPageBytes)
    .min(PROGRAM_BASE + PAGE_BYTES),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Mutable globals, exported under these names: with the memory, all of a stopped guest's state. */
  globals: z.array(globalSchema).max(4096),
  builder: z.string().max(64),
});

export type GlobalType = (typeof globalTypes)[number];
export type GlobalDeclaration = z.infer<typeof globalSchema>;
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export interface Image {
  readonly manifest: Manifest;
  readonly wasm: Uint8Array<ArrayBuffer>;
}

/** An image around a module that has been through every pass. */
export function makeImage(o: Omit<Manifest, "abi" | "sha256"> & { readonly wasm: Uint8Array }): Image {
  const { wasm, ...manifest } = o;
  return { manifest: { ...manifest, abi: ABI_VERSION, sha256: sha256Hex(wasm) }, wasm: Uint8Array.from(wasm) };
}

/** The bytes of the file. */
export function encodeImage(image: Image): Uint8Array<ArrayBuffer> {
  const manifest = new TextEncoder().encode(JSON.stringify(image.manifest));
  const file = new Uint8Array(prefixBytes + manifest.length + image.wasm.length);
  file.set(magic);
  new DataView(file.buffer).setUint32(magic.length, manifest.length, true);
  file.set(manifest, prefixBytes);
  file.set(image.wasm, prefixBytes + manifest.length);
  return file;
}

/**
 * The image in a file's bytes, checked whole. Throws E_TOO_LARGE (file or memory above the limits), E_IMAGE (no image,
 * or a damaged one), E_IMAGE_ABI (built for another version), E_IMAGE_HASH (the wasm is not what was built).
 */
export function parseImage(file: Uint8Array): Image {
  if (file.length > limits.imageBytesMax) {
    throw new NomadError(
      "E_TOO_LARGE",
      `the image has ${file.length} bytes, at most ${limits.imageBytesMax} are allowed`,
    );
  }
  const manifestBytes = manifestLength(file);
  const manifest = parseManifest(file.subarray(prefixBytes, prefixBytes + manifestBytes));
  const wasm = Uint8Array.from(file.subarray(prefixBytes + manifestBytes));
  if (manifest.memoryBytes > limits.guestMemoryBytesMax) {
    throw new NomadError(
      "E_TOO_LARGE",
      `image ${manifest.name} wants ${manifest.memoryBytes} bytes of memory, at most ${limits.guestMemoryBytesMax} are allowed`,
    );
  }
  if (sha256Hex(wasm) !== manifest.sha256) {
    throw new NomadError("E_IMAGE_HASH", `image ${manifest.name}: its code does not have the hash in its manifest`);
  }
  return { manifest, wasm };
}

function manifestLength(file: Uint8Array): number {
  if (file.length < prefixBytes || magic.some((byte, i) => file[i] !== byte)) {
    throw new NomadError("E_IMAGE", "not a guest image: the file does not start with NOMADIMG");
  }
  const length = new DataView(file.buffer, file.byteOffset).getUint32(magic.length, true);
  if (length > manifestBytesMax || prefixBytes + length > file.length) {
    throw new NomadError("E_IMAGE", `the image is cut off: its manifest claims ${length} bytes`);
  }
  return length;
}

function parseManifest(bytes: Uint8Array): Manifest {
  const json = parseJson(bytes);
  // The version first: a manifest of another version may well have other fields.
  const version = z.looseObject({ abi: z.int() }).safeParse(json);
  if (version.success && version.data.abi !== ABI_VERSION) {
    throw new NomadError("E_IMAGE_ABI", `the image was built for ABI ${version.data.abi}, this is ABI ${ABI_VERSION}`);
  }
  const manifest = manifestSchema.safeParse(json);
  if (!manifest.success) throw new NomadError("E_IMAGE", `the manifest is wrong: ${z.prettifyError(manifest.error)}`);
  return manifest.data;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new NomadError("E_IMAGE", "the manifest is not JSON", { cause });
  }
}

function sha256Hex(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
