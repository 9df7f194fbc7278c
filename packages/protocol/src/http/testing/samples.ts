import type { Guest, GuestReport, Host, MoveRecord } from "../schema.ts";

// Things as central describes them, all well: a test says what is different in its case.

export function sampleHost(name: string, difference: Partial<Host> = {}): Host {
  const refused = { connections: 0, messages: 0, frames: 0, packets: 0 };
  const port = { state: "ACTIVE" as const, gids: [], pkeys: ["0xffff"] };
  return {
    name,
    state: "up",
    lid: 1,
    port,
    protocol: 2,
    url: "ws://127.0.0.1:1",
    pid: 1,
    guests: 0,
    refused,
    ...difference,
  };
}

export function sampleGuest(name: string, difference: Partial<Guest> = {}): Guest {
  return {
    name,
    host: "host-a",
    epoch: 1,
    state: "running",
    vlid: 1,
    image: "pair",
    memoryBytes: 32 * 2 ** 20,
    exitCode: null,
    error: null,
    ...difference,
  };
}

export function sampleMove(difference: Partial<MoveRecord> = {}): MoveRecord {
  return {
    id: "move-1",
    guest: "alice",
    from: "host-a",
    to: "host-b",
    protocol: "nomad",
    phase: "released",
    place: 0,
    outcome: "released",
    error: null,
    startedAt: 1_700_000_000_000,
    totalMs: 250,
    pausedMs: 12.5,
    rounds: 3,
    pages: 9000,
    pagesWhileStopped: 100,
    memoryPages: 8192,
    bytesPerSecondMax: null,
    onDivergence: "stop",
    presetup: true,
    strict: false,
    force: false,
    forsaken: [],
    peers: [],
    converged: true,
    progress: { percent: 100, bytesPerSecond: 250_000_000, etaMs: 0, throttlePercent: 0 },
    bytes: 36_864_000,
    controlMessages: 18,
    held: 7,
    cut: 0,
    phases: { precopy: 200, stopped: 5 },
    digestSource: "ab12",
    digestDestination: "ab12",
    ...difference,
  };
}

export function sampleReport(guest: string, peer: string, difference: Partial<GuestReport> = {}): GuestReport {
  return {
    guest,
    connections: [sampleConnection(peer)],
    atomics: { expected: 50, actual: 50 },
    verified: true,
    ...difference,
  };
}

export function sampleConnection(
  peer: string,
  difference: Partial<GuestReport["connections"][number]> = {},
): GuestReport["connections"][number] {
  const counts = { sent: 100, delivered: 100, lost: 0, duplicated: 0, reordered: 0, corrupted: 0, bytes: 1_000_000 };
  return { peer, status: "ok", ...counts, ...difference };
}
