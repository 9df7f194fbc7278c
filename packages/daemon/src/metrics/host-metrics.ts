import { type CounterName, counterNames } from "@nomad/hca";
import { Gauge, Registry } from "prom-client";
import type { Host } from "../host/host.ts";
import { outsideCounter } from "./outside-counter.ts";

/** What a reader of the name alone may not know; the names are Linux's where it has them. */
const help: Partial<Record<CounterName, string>> = {
  port_xmit_packets: "Packets sent.",
  port_xmit_data: "Bytes sent, BTH to ICRC.",
  port_rcv_packets: "Packets taken.",
  port_rcv_data: "Bytes taken, BTH to ICRC.",
  out_of_sequence: "Responder: requests ahead of the expected PSN.",
  duplicate_request: "Responder: requests that had been executed before.",
  out_of_buffer: "Responder: requests for which no receive work request was posted.",
  packet_seq_err: "Requester: NAKs of a PSN sequence error.",
  rnr_nak_retry_err: "Requester: RNR NAKs.",
  local_ack_timeout_err: "Requester: acknowledge timers that expired.",
  rx_icrc_encapsulated: "Packets dropped for their ICRC.",
};

/** Metrics of a host: its adapter's counters, what lives on it, what it has refused. */
export function hostMetrics(host: Host): Registry {
  const register = new Registry();
  for (const name of counterNames) {
    const about = { name: `nomad_${name}_total`, help: help[name] ?? `The adapter's counter ${name}.` };
    outsideCounter(register, about, () => [{ labels: {}, value: host.hca.counters[name] }]);
  }
  outsideCounter(register, { name: "nomad_refused_total", help: "Refused, by what.", labels: ["what"] }, () =>
    Object.entries(host.refused()).map(([what, value]) => ({ labels: { what }, value })),
  );
  objects(register, host);
  return register;
}

function objects(register: Registry, host: Host): void {
  const gauge = (name: string, what: string, read: () => number) =>
    new Gauge({
      name,
      help: what,
      registers: [register],
      collect() {
        this.set(read());
      },
    });
  const devices = () => [...host.coordinator.backend.devices.values()];
  const sum = (of: (device: ReturnType<typeof devices>[number]) => number) => () =>
    devices().reduce((total, device) => total + of(device), 0);
  gauge("nomad_guest_devices", "Guests with a share of this host's adapter.", () => devices().length);
  gauge("nomad_qpns", "Queue pair numbers in use, reserved and quarantined ones included.", () => host.hca.qpnsInUse);
  new Gauge({
    name: "nomad_under_way",
    help: "What is kept only for a while: parts in moves, unanswered requests, waiting look-ups, timers.",
    labelNames: ["what"],
    registers: [register],
    collect() {
      for (const [what, count] of Object.entries(host.coordinator.underWay)) this.set({ what }, count);
    },
  });
  gauge(
    "nomad_queue_pairs",
    "Queue pairs of the guests here.",
    sum(({ qps }) => qps.size),
  );
  gauge(
    "nomad_completion_queues",
    "Completion queues of the guests here.",
    sum(({ cqs }) => cqs.size),
  );
  gauge(
    "nomad_memory_regions",
    "Memory regions of the guests here.",
    sum(({ regions }) => regions.size),
  );
}
