import { execFile, spawnSync } from "node:child_process";
import { promisify } from "node:util";

const outputBytesMax = 512 * 1024 * 1024;

// Protocols that tshark guesses from a payload that looks like theirs: ours is none of them, whatever it looks like.
const guessed = [
  "rpcordma",
  "smb_direct",
  "smc",
  "lnet",
  "iser",
  "nvme-rdma",
  "infiniband_sdp",
  "fcoib",
  "infiniband.eoib",
];
const withoutGuesses = [
  ...guessed.flatMap((protocol) => ["--disable-protocol", protocol]),
  // A payload that begins like a frame of Ethernet.
  ...["--disable-heuristic", "eth_over_ib"],
];

/** Is Wireshark's tshark on this machine? */
export const hasTshark: boolean = spawnSync("tshark", ["--version"]).status === 0;

/** For the title of a test that needs it. */
export const withoutTshark = hasTshark ? "" : " (skipped: there is no tshark on this machine)";

/** What tshark makes of a capture: for each packet the values of these fields, of which a packet may have several. */
export async function tsharkFields<Name extends string>(
  path: string,
  names: readonly Name[],
): Promise<Record<Name, readonly string[]>[]> {
  const fields = names.flatMap((name) => ["-e", name]);
  const args = [...withoutGuesses, "-r", path, "-T", "fields", "-E", "aggregator=;", ...fields];
  const { stdout } = await promisify(execFile)("tshark", args, { maxBuffer: outputBytesMax });
  const rowOf = (line: string): Record<string, readonly string[]> => {
    const values = line.split("\t").map((value) => value.split(";").filter(Boolean));
    return Object.fromEntries(names.map((name, i) => [name, values[i] ?? []]));
  };
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => rowOf(line) as Record<Name, readonly string[]>);
}

/** Fields that tshark shows as hexadecimal digits alone. */
const hexadecimal = new Set(["infiniband.immdt", "infiniband.ieth"]);

/** The number that a field's text stands for. */
export function fieldNumber(name: string, text: string): bigint {
  return BigInt(hexadecimal.has(name) && !text.startsWith("0x") ? `0x${text}` : text);
}
