import type { FigureSpec } from "@nomad/measure";

/** What the adapter costs, beside what the sockets under it cost. */
export const hcaFigures: readonly FigureSpec[] = [
  { name: "send-rtt-64", unit: "us", better: "lower", floor: "ws-rtt-64", goal: { of: "ratio", limit: 1.5 } },
  { name: "write-bw-1m", unit: "MB/s", better: "higher", floor: "ws-bw", goal: { of: "ratio", limit: 0.35 } },
  { name: "write-bw-1m-noicrc", unit: "MB/s", better: "higher", floor: "ws-bw", goal: { of: "ratio", limit: 0.65 } },
  { name: "send-rate-64", unit: "1/s", better: "higher", floor: "ws-rate-64", goal: { of: "value", limit: 500_000 } },
  { name: "connect-rate", unit: "1/s", better: "higher", floor: "ws-connect-rate", goal: { of: "value", limit: 2000 } },
  { name: "qp-memory", unit: "B", better: "lower", floor: "", goal: { of: "value", limit: 2048 } },
  { name: "ws-rtt-64", unit: "us", better: "lower", floor: "tcp-rtt-64" },
  { name: "ws-bw", unit: "MB/s", better: "higher", floor: "tcp-bw" },
  { name: "tcp-bw", unit: "MB/s", better: "higher", floor: "memory-copy" },
];

/** What guests see, on two hosts; and what their names cost them, beside the same guests without. */
export const guestFigures: readonly FigureSpec[] = [
  { name: "guest-rtt-64", unit: "us", better: "lower", floor: "ws-rtt-64-then", goal: { of: "ratio", limit: 4 } },
  {
    ...{ name: "virtualization-latency", unit: "us", better: "lower", floor: "physical-latency" },
    goal: { of: "interval", limit: 1.03 },
  },
  {
    ...{ name: "virtualization-bandwidth", unit: "MB/s", better: "higher", floor: "physical-bandwidth" },
    goal: { of: "interval", limit: 0.971 },
  },
];
