import { protocolVersion } from "@nomad/protocol";
import { InvalidArgumentError, Option } from "commander";

/** A commander parser of whole numbers within bounds. */
export function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected a whole number from ${min} to ${max}.`);
  };
}

const rateUnits: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** A commander parser of bytes a second: a number, and k, M or G for its thousands. */
export function byteRate(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text);
  const rate = Math.round(Number(match?.[1]) * (rateUnits[match?.[2] ?? ""] as number));
  if (rate >= 1) return rate;
  throw new InvalidArgumentError("expected bytes a second, as 100M.");
}

const byteUnits: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 ** 2 };

/** A commander parser of a number of bytes within bounds: a whole number, and K or M for powers of 1024. */
export function byteCount(min: number, max: number): (text: string) => number {
  return (text) => {
    const match = /^(\d+)([KM]?)$/.exec(text);
    const value = Number(match?.[1]) * (byteUnits[match?.[2] ?? ""] as number);
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`expected bytes, as 64 or 64K, from ${min} to ${max}.`);
  };
}

/** More moves of one host at once than this are nobody's wish. */
export const movesPerHostLimit = 1000;

/** A commander parser of numbers above one bound and up to another. */
export function fraction(above: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d*\.?\d+$/.test(text) && value > above && value <= max) return value;
    throw new InvalidArgumentError(`expected a number above ${above}, at most ${max}.`);
  };
}

const qpnMax = 0xff_ffff;

/** A queue pair number, decimal or (as captures show it) hexadecimal. */
export function queuePair(text: string): number {
  const value = Number(text);
  if (/^(\d+|0x[0-9a-fA-F]+)$/.test(text) && value <= qpnMax) return value;
  throw new InvalidArgumentError(`expected a number from 0 to ${qpnMax}, or 0x and hexadecimal digits.`);
}

/** A commander parser of HOST:PORT; an IPv6 address stands in brackets. */
export function address(text: string): Address {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port > 65_535) throw new InvalidArgumentError("expected HOST:PORT.");
  return { host, port };
}

/** Where a daemon listens; port 0 is any free one. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Reads `key=value` words. */
export function keyValues(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new InvalidArgumentError(`expected KEY=VALUE, not ${JSON.stringify(word)}.`);
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}

/** A commander parser of an option that may be repeated; its environment variable gives several with blanks between them. */
export function collected(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(/\s+/).filter((word) => word !== "")];
}

/** `--names`: how adapters number queue pairs and keys. */
export function namesOption(): Option {
  return new Option(
    "--names <how>",
    "the adapter's numbers and keys: at random; for tests the same as others', or never",
  )
    .choices(["random", "clash", "apart"])
    .default("random");
}

/** `--protocol-version`: a process of an older version, to try how a lab of several goes. */
export function protocolVersionOption(): Option {
  const { oldest, current } = protocolVersion;
  return new Option(
    "--protocol-version <n>",
    `the newest version of the protocol that it speaks, ${oldest} to ${current}: an older one to try an upgrade`,
  )
    .env("NOMAD_PROTOCOL_VERSION")
    .argParser(integer(oldest, current))
    .default(current);
}
