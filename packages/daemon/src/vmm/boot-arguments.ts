import { BOOT_ARGUMENTS, BOOT_ARGUMENTS_BYTES_MAX } from "@nomad/abi";
import { NomadError } from "@nomad/base";

/**
 * Writes boot arguments into a guest's memory: u32 length, then "key=value" lines. Throws E_USAGE for a key or value that
 * such a line cannot hold, E_TOO_LARGE.
 */
export function writeBootArguments(memory: Uint8Array, given: Readonly<Record<string, string>>): void {
  const lines = Object.entries(given).map(([key, value]) => {
    if (!/^[^=\n]+$/.test(key) || value.includes("\n")) {
      throw new NomadError("E_USAGE", `argument ${JSON.stringify(key)}: no line breaks, and no "=" in the name`);
    }
    return `${key}=${value}`;
  });
  const text = new TextEncoder().encode(lines.join("\n"));
  if (text.length > BOOT_ARGUMENTS_BYTES_MAX) {
    throw new NomadError(
      "E_TOO_LARGE",
      `the guest's arguments have ${text.length} bytes, at most ${BOOT_ARGUMENTS_BYTES_MAX}`,
    );
  }
  new DataView(memory.buffer, memory.byteOffset).setUint32(BOOT_ARGUMENTS, text.length, true);
  memory.set(text, BOOT_ARGUMENTS + 4);
}
