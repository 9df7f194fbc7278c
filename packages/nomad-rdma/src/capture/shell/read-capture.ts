import { createReadStream } from "node:fs";
import { NomadError } from "@nomad/base";

/** The bytes of a file, or of stdin when its name is `-`. Fails with E_CAPTURE_FILE when it cannot be read. */
export async function* readCapture(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* path === "-" ? process.stdin : createReadStream(path);
  } catch (cause) {
    throw new NomadError("E_CAPTURE_FILE", `${path} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
