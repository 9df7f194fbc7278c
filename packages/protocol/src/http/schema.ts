import { limits } from "@nomad/base";
import * as z from "zod";

// What central answers over HTTP: one schema for the server, the CLI and everybody's scripts. Times are milliseconds,
// sizes are bytes, pages are 4096 bytes, unless a name says otherwise.

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

/** A name of a guest, a host or a lab: it also has to be good as a DNS label and as a file's name. */
export const name = z
  .string()
  .max(limits.nameCharsMax)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/, "a name is made of a-z, 0-9 and inner hyphens");

/** Why something failed: a stable code of `@nomad/base` (of any version) and a sentence. */
export const failure = z.object({ code: z.string(), message: z.string() });
export type Failure = z.infer<typeof failure>;

/** The body of every answer with a status of 4xx or 5xx. */
export const errorBody = z.object({ error: failure.extend({ nextStep: z.string() }) });
export type ErrorBody = z.infer<typeof errorBody>;

export const hostState = z.enum(["up", "down", "lost"]);
/** What a host has refused since its start: connections, control messages, wire frames, packets. */
export const refusals = z.object({ connections: count, messages: count, frames: count, packets: count });
export type Refusals = z.infer<typeof refusals>;

/** The states of a port, from 1: enum ibv_port_state. */
export const portState = z.enum(["DOWN", "INIT", "ARMED", "ACTIVE"]);
/** A host's port: its state as the host said last, and what the subnet manager has assigned, as Linux shows it. */
export const port = z.object({ state: portState, gids: z.array(z.string()), pkeys: z.array(z.string()) });

/** A VMM host as central knows it; `guests` counts those that run there. */
export const host = z.object({
  name,
  state: hostState,
  lid: count,
  port,
  /** The version of the control protocol that central and it speak; null when it has not come to this central yet. */
  protocol: count.nullable().default(null),
  url: z.string(),
  pid: count,
  guests: count,
  refused: refusals,
});
export type Host = z.infer<typeof host>;

export const guestState = z.enum(["starting", "running", "moving", "exited", "failed", "lost"]);
/** A guest as the directory knows it; `host` is where it runs, or last ran. */
export const guest = z.object({
  name,
  host: name,
  epoch: count,
  state: guestState,
  vlid: count,
  image: z.string(),
  memoryBytes: count,
  exitCode: z.number().int().nullable(),
  error: failure.nullable(),
});
export type Guest = z.infer<typeof guest>;

/** How a guest is moved with its connections. */
export const protocolName = z.enum(["nomad"]);
export type ProtocolName = z.infer<typeof protocolName>;

/** How a move ended; empty while it is under way. */
export const moveOutcome = z.enum(["", "released", "aborted", "lost"]);
/**
 * What becomes of a move whose guest rewrites memory as fast as it is copied: it is stopped and the rest copied, slowed
 * down (more and more, then stopped), or the move is aborted with E_DIVERGED.
 */
export const onDivergence = z.enum(["stop", "throttle", "abort"]);
export type OnDivergence = z.infer<typeof onDivergence>;

/** How far copying is. */
export const copyProgress = z.object({
  /** Of the guest's memory, what is at the destination; what is rewritten counts anew. */
  percent: z.number().min(0).max(100),
  /** In the round under way. */
  bytesPerSecond: milliseconds,
  /** Until all is copied, if the guest wrote nothing more. */
  etaMs: milliseconds,
  /** The share of time, in percent, that the guest is kept from running so that copying converges. */
  throttlePercent: z.number().min(0).max(100),
});
export type CopyProgress = z.infer<typeof copyProgress>;
const nothingCopied: CopyProgress = { percent: 0, bytesPerSecond: 0, etaMs: 0, throttlePercent: 0 };

/** A queue pair of a raw context's, by its number: it cannot be held, and pins the guest that it is connected to. */
export const pinnedQp = z.object({ host: name, vqpn: count });
export type PinnedQp = z.infer<typeof pinnedQp>;

/** How a host with peers of the moving guest suspended them. Times are milliseconds since the move began, by central's clock. */
export const peerSuspension = z.object({
  host: name,
  /** When it was asked to. */
  askedMs: milliseconds,
  /** When all its queue pairs that are connected to the guest held back and were drained or cut; null before. */
  suspendedMs: milliseconds.nullable(),
  /** Of those queue pairs, as in the move's own record. */
  held: count,
  cut: count,
});
export type PeerSuspension = z.infer<typeof peerSuspension>;

/** A move, under way or ended. */
export const moveRecord = z.object({
  id: z.string(),
  guest: name,
  from: name,
  to: name,
  protocol: protocolName.default("nomad"),
  /** The phase it is in, or the last one it reached. */
  phase: z.string(),
  /** Its place in the queue: 1 is next; 0 when it has begun or ended. */
  place: count.default(0),
  outcome: moveOutcome,
  error: failure.nullable(),
  /** When it was planned, milliseconds since 1970 by central's clock; 0 of a central that did not say. */
  startedAt: milliseconds.default(0),
  totalMs: milliseconds,
  /** From the guest's stop at the source to its run at the destination. */
  pausedMs: milliseconds,
  /** Rounds of copying, the one while stopped included. */
  rounds: count,
  pages: count,
  pagesWhileStopped: count,
  memoryPages: count,
  /** What copying may take of the network while the guest runs; null for all. */
  bytesPerSecondMax: count.nullable().default(null),
  onDivergence: onDivergence.default("stop"),
  /** Are the guest's objects made at the destination while it is copied? */
  presetup: z.boolean().default(true),
  /** Abort rather than cut a queue pair that does not drain in time. */
  strict: z.boolean().default(false),
  /** Move although connections break that pin the guest. */
  force: z.boolean().default(false),
  /** Those connections: their other ends were told nothing, and fail with RETRY_EXC_ERR at their next use. */
  forsaken: z.array(pinnedQp).default([]),
  /** A host a row, in the order in which they were asked; empty until then. */
  peers: z.array(peerSuspension).default([]),
  /** Did the rounds of pre-copy leave little? Null until that is known. */
  converged: z.boolean().nullable().default(null),
  progress: copyProgress.default(nothingCopied),
  bytes: count,
  controlMessages: count,
  /** Work requests posted before the stop and not completed then: they complete after the resume. */
  held: count,
  /** Queue pairs, of the guest or of a peer, that had work under way when their time to drain was over. */
  cut: count.default(0),
  /** By phase: the milliseconds that it took to reach it from the phase before. */
  phases: z.record(z.string(), milliseconds),
  /** Each side's own hash of the guest's memory, at stop and before resume; empty until known. */
  digestSource: z.string(),
  digestDestination: z.string(),
});
export type MoveRecord = z.infer<typeof moveRecord>;

/**
 * What a guest's adapters sent and received through a move of it, from a little before to a little after, by bins of `binMs`
 * milliseconds; `fromMs`: when the first begins, since the move began. Empty where the hosts have forgotten it.
 */
export const moveTraffic = z.object({
  binMs: milliseconds,
  fromMs: z.number(),
  bytes: z.array(z.number().nonnegative()),
  /** The longest from a request to what acknowledged it, milliseconds; 0 where none was acknowledged. */
  roundTripMs: z.array(milliseconds),
});
export type MoveTraffic = z.infer<typeof moveTraffic>;

/** A line that a guest printed; `time` is milliseconds since 1970. */
export const logLine = z.object({ time: z.number(), guest: name, host: name, line: z.string() });
export type LogLine = z.infer<typeof logLine>;

/** One connection, as the program at one end of it counted. */
export const connectionReport = z.object({
  peer: name,
  /** `ok`, or the libibverbs name of the completion status that broke it. */
  status: z.string(),
  sent: count,
  delivered: count,
  lost: count,
  duplicated: count,
  reordered: count,
  corrupted: count,
  bytes: count,
});
export type ConnectionReport = z.infer<typeof connectionReport>;

/** What a guest's program says of itself, while running and at its end. Programs may add fields of their own. */
export const guestReport = z.looseObject({
  guest: name,
  connections: z.array(connectionReport).default([]),
  atomics: z.object({ expected: count, actual: count }).default({ expected: 0, actual: 0 }),
  verified: z.boolean().default(false),
});
export type GuestReport = z.infer<typeof guestReport>;

/** The state of the whole lab. */
export const status = z.object({
  ok: z.literal(true),
  central: z.object({ version: z.string(), generation: count }),
  hosts: z.array(host),
  guests: z.array(guest),
  moves: z.array(moveRecord),
});
export type Status = z.infer<typeof status>;

/** A guest to start; without `host` central chooses one. */
export const guestRequest = z.strictObject({
  name,
  image: name,
  host: name.optional(),
  arguments: z.record(z.string(), z.string()).default({}),
});
export type GuestRequest = z.input<typeof guestRequest>;

/**
 * Faults that a move can be asked to suffer: `flip-page` flips a byte of one page in transit; `zero-page` makes one page
 * zeros, and digests are not compared: what becomes of a guest without that check.
 */
export const injection = z.enum(["flip-page", "zero-page"]);
export type Injection = z.infer<typeof injection>;

/** A guest to move; without `to` central chooses another host. */
export const moveRequest = z.strictObject({
  guest: name,
  to: name.optional(),
  protocol: protocolName.optional(),
  /** Bytes a second that copying may take while the guest runs. */
  bandwidth: z.int().min(1).optional(),
  onDivergence: onDivergence.optional(),
  /** Make the guest's objects at the destination while it is copied. */
  presetup: z.boolean().optional(),
  inject: injection.optional(),
  /** Abort rather than cut a queue pair that does not drain in time. */
  strict: z.boolean().optional(),
  /** Move although a raw context is connected to the guest: that connection breaks. */
  force: z.boolean().optional(),
});
export type MoveRequest = z.input<typeof moveRequest>;

/** What to capture: of one host, of one guest wherever it runs, or of all hosts. */
export const captureRequest = z.strictObject({
  host: name.optional(),
  guest: name.optional(),
  /** A queue pair: of a guest as its program sees it, else as it stands in packets. */
  qp: z.coerce.number().int().min(0).max(0xff_ffff).optional(),
  /** Only what goes to this host's port or comes from it. */
  peer: name.optional(),
  /** Begin with what the hosts remember of the packets that passed last: their headers, wherever the guest was. */
  recent: z.enum(["true", "false"]).optional(),
});
export type CaptureRequest = z.infer<typeof captureRequest>;

/** What changed. A stream of events begins with the present state, one event for each thing. */
export const labEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("host"), host }),
  z.object({ type: z.literal("guest"), guest }),
  z.object({ type: z.literal("move"), move: moveRecord }),
  logLine.extend({ type: z.literal("log") }),
  z.object({ type: z.literal("report"), guest: name, report: guestReport }),
]);
export type LabEvent = z.infer<typeof labEvent>;
