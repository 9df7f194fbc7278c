/**
 * How a test goes: messages sent to and fro one by one; something fetched from the other side one by one; messages under way
 * by the window.
 */
export type TestKind = "ping-pong" | "fetch" | "stream";

export const transports = ["RC", "UC", "UD"] as const;
export type Transport = (typeof transports)[number];

export interface PerfTest {
  readonly kind: TestKind;
  readonly operation: "send" | "write" | "read" | "atomic";
  /** Those that have the operation (IBA 9.5: table of operations by transport). */
  readonly transports: readonly Transport[];
}

/**
 * The tests, by the names that perftest's programs have (ib_send_lat and so on). A WRITE to and fro carries an immediate: a
 * target that looks at its memory all the time would keep its own adapter from running.
 */
export const perfTests = {
  "send-lat": { kind: "ping-pong", operation: "send", transports: ["RC", "UC", "UD"] },
  "write-lat": { kind: "ping-pong", operation: "write", transports: ["RC", "UC"] },
  "read-lat": { kind: "fetch", operation: "read", transports: ["RC"] },
  "atomic-lat": { kind: "fetch", operation: "atomic", transports: ["RC"] },
  "send-bw": { kind: "stream", operation: "send", transports: ["RC", "UC", "UD"] },
  "write-bw": { kind: "stream", operation: "write", transports: ["RC", "UC"] },
  "read-bw": { kind: "stream", operation: "read", transports: ["RC"] },
} as const satisfies Readonly<Record<string, PerfTest>>;

export type PerfTestName = keyof typeof perfTests;
export const testNames = Object.keys(perfTests) as readonly PerfTestName[];

/** The largest message that is measured. */
export const bytesMax = 8 * 2 ** 20;
/** A datagram is one packet. */
export const datagramBytesMax = 4096;
/** What an atomic works on. */
export const atomicBytes = 8;
/** Most messages that a stream may have under way. */
export const windowMax = 256;
