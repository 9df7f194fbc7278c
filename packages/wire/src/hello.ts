import { limits, NomadError } from "@nomad/base";
import { z } from "zod";

const number = z.int().min(0).max(0xffff_ffff);
const name = z.string().min(1).max(limits.nameCharsMax);

/** What a connection is for. */
export const connectionKinds = ["control", "peer", "wire", "bulk"] as const;

export const helloSchema = z.object({
  kind: z.enum(connectionKinds),
  role: z.enum(["central", "host", "cli"]),
  name,
  /** New at each start of the process: its incarnation. */
  bootId: name,
  /** The newest protocol spoken, and the oldest. */
  protocol: number,
  protocolMin: number,
  /** ABI version of the guests that it runs. */
  abi: number,
  /** What both ends must know of each other; for a wire: `lid` and `icrc`. */
  parameters: z.record(name, z.union([z.string().max(4 * limits.nameCharsMax), z.number(), z.boolean()])),
});

/** Who speaks, and for what: both ends of a connection have the other's, unaltered. */
export type Hello = z.infer<typeof helloSchema>;
export type ConnectionKind = Hello["kind"];

/** A hello of a side that is called: it takes on the caller's kind. */
export type Introduction = Omit<Hello, "kind">;

/** The largest message on a connection of each kind, bytes. */
export const messageBytesMax: Record<ConnectionKind, number> = {
  control: limits.controlBytesMax,
  peer: limits.controlBytesMax,
  wire: limits.frameBytesMax,
  // 64 pages and what stands before them.
  bulk: limits.frameBytesMax + 4096,
};

/** The protocol version that both ends speak, or why they must not talk to each other: E_VERSION, E_MESSAGE, E_CONFIG. */
export function agree(own: Hello, peer: Hello): number | NomadError {
  const protocol = Math.min(own.protocol, peer.protocol);
  if (protocol < Math.max(own.protocolMin, peer.protocolMin)) {
    const range = (hello: Hello) => `${hello.protocolMin} to ${hello.protocol}`;
    return new NomadError("E_VERSION", `${own.name} speaks protocol ${range(own)}, ${peer.name} ${range(peer)}`);
  }
  if (own.abi !== peer.abi) {
    return new NomadError("E_VERSION", `${own.name} has guest ABI ${own.abi}, ${peer.name} ${peer.abi}`);
  }
  if (own.kind !== peer.kind) {
    return new NomadError("E_MESSAGE", `${peer.name} answered a ${own.kind} connection as ${peer.kind}`);
  }
  return own.kind === "wire" ? (wireMismatch(own, peer) ?? protocol) : protocol;
}

function wireMismatch(own: Hello, peer: Hello): NomadError | null {
  const broken = [own, peer].find((hello) => typeof hello.parameters.lid !== "number" || icrc(hello) === undefined);
  if (broken) return new NomadError("E_MESSAGE", `${broken.name} says no lid and icrc for its wire`);
  if (icrc(own) === icrc(peer)) return null;
  const word = (hello: Hello) => `${hello.name} has ICRC ${icrc(hello) ? "on" : "off"}`;
  return new NomadError("E_CONFIG", `${word(own)} and ${word(peer)}: give both the same setting`);
}

function icrc(hello: Hello): boolean | undefined {
  const value = hello.parameters.icrc;
  return typeof value === "boolean" ? value : undefined;
}
