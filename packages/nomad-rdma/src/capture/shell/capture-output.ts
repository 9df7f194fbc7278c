import { once } from "node:events";
import { createWriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { NomadError } from "@nomad/base";
import type { Taken } from "../capture-intake.ts";

/** Where a capture goes. */
export interface CaptureOutput {
  /** Resolves when there is room for more; false when its reader has gone. */
  write(taken: Taken): Promise<boolean>;
  close(): Promise<void>;
}

/** A file, made anew. Rejects with E_CONFIG when it cannot be. */
export async function fileOutput(path: string): Promise<CaptureOutput> {
  const file = createWriteStream(path);
  try {
    await once(file, "open");
  } catch (cause) {
    throw new NomadError("E_CONFIG", `${path} cannot be written: ${(cause as Error).message}`, { cause });
  }
  return {
    write: ({ blocks }) => writeAll(file, Buffer.concat(blocks)),
    close: async () => {
      file.end();
      await once(file, "close");
    },
  };
}

/** This process's stdout: the blocks as they are, or what `text` makes of them. */
export function stdoutOutput(text?: (taken: Taken) => string): CaptureOutput {
  return {
    write: (taken) => writeAll(process.stdout, text ? text(taken) : Buffer.concat(taken.blocks)),
    close: async () => {},
  };
}

function writeAll(stream: Writable, data: string | Uint8Array): Promise<boolean> {
  if (data.length === 0) return Promise.resolve(!stream.destroyed);
  return new Promise((resolve) => stream.write(data, (error) => resolve(!error)));
}
