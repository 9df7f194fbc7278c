// Boot arguments: what the operator gave the guest when it was started.
import { BOOT_ARGUMENTS } from "../../abi/src/layout.ts";

let table: Map<string, string> | null = null;

/** The argument `key`, or `otherwise` when it was not given. */
export function argument(key: string, otherwise: string): string {
  let known = table;
  if (known === null) {
    known = parse(String.UTF8.decodeUnsafe(BOOT_ARGUMENTS + 4, load<u32>(BOOT_ARGUMENTS)));
    table = known;
  }
  return known.has(key) ? known.get(key) : otherwise;
}

/** The argument `key` as a decimal number, or `otherwise`. */
export function numberArgument(key: string, otherwise: i64): i64 {
  const given = argument(key, "");
  return given.length > 0 ? I64.parseInt(given) : otherwise;
}

function parse(lines: string): Map<string, string> {
  const parsed = new Map<string, string>();
  const all = lines.split("\n");
  for (let i = 0; i < all.length; i++) {
    const equals = all[i].indexOf("=");
    if (equals > 0) parsed.set(all[i].substring(0, equals), all[i].substring(equals + 1));
  }
  return parsed;
}
