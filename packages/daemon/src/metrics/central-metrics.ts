import type { Central } from "@nomad/protocol";
import { guestState, hostState, type LabEvent, moveOutcome } from "@nomad/protocol/http";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

const pauses = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];
const whole = [0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120];

/** Metrics of central: hosts and guests by their state, and every move that ends. `watch`: central's events. */
export function centralMetrics(core: Central, watch: (watcher: (event: LabEvent) => void) => void): Registry {
  const register = new Registry();
  const registers = [register];
  states(register, "nomad_hosts", "Hosts, by state.", hostState.options, () => core.status().hosts);
  states(register, "nomad_guests", "Guests, by state.", guestState.options, () => core.status().guests);
  const ended = new Counter({ name: "nomad_moves_total", help: "Moves ended.", labelNames: ["outcome"], registers });
  for (const outcome of moveOutcome.options) if (outcome !== "") ended.inc({ outcome }, 0);
  const bytes = new Counter({ name: "nomad_move_bytes_total", help: "Bytes of memory that moves copied.", registers });
  const messages = new Counter({ name: "nomad_move_messages_total", help: "Control messages of moves.", registers });
  const paused = new Histogram({
    name: "nomad_move_paused_seconds",
    help: "From a guest's stop to its run elsewhere.",
    buckets: pauses,
    registers,
  });
  const total = new Histogram({
    name: "nomad_move_seconds",
    help: "Moves, from plan to end.",
    buckets: whole,
    registers,
  });
  const counted = new Set<string>();
  watch((event) => {
    if (event.type !== "move" || event.move.outcome === "" || counted.has(event.move.id)) return;
    const { move } = event;
    counted.add(move.id);
    ended.inc({ outcome: move.outcome });
    bytes.inc(move.bytes);
    messages.inc(move.controlMessages);
    total.observe(move.totalMs / 1000);
    if (move.outcome === "released") paused.observe(move.pausedMs / 1000);
  });
  return register;
}

function states(
  register: Registry,
  name: string,
  help: string,
  all: readonly string[],
  read: () => readonly { readonly state: string }[],
): void {
  new Gauge({
    name,
    help,
    labelNames: ["state"],
    registers: [register],
    collect() {
      for (const state of all) this.set({ state }, 0);
      for (const { state } of read()) this.inc({ state });
    },
  });
}
