import { type CounterName, counterNames } from "@nomad/hca";
import { Gauge, Registry } from "prom-client";
import type { Host } from "../host/host.ts";
import { outsideCounter } from "./outside-counter.ts";

/** The names are Linux's where it has them (rdma(8), statistic; Documentation/ABI/stable/sysfs-class-infiniband). */
const help: Readonly<Record<CounterName, string>> = {
  port_xmit_packets: "Packets sent.",
  port_xmit_data: "Bytes sent, BTH to ICRC.",
  port_rcv_packets: "Packets taken.",
  port_rcv_data: "Bytes taken, BTH to ICRC.",
  multicast_xmit_packets: "Packets sent to multicast groups.",
  multicast_rcv_packets: "Packets taken that went to a multicast group.",
  rx_write_requests: "Responder: RDMA WRITE requests taken.",
  rx_read_requests: "Responder: RDMA READ requests taken.",
  rx_atomic_requests: "Responder: atomic requests taken.",
  out_of_sequence: "Responder: requests ahead of the expected PSN.",
  duplicate_request: "Responder: requests that had been executed before.",
  out_of_buffer: "Responder: requests for which no receive work request was posted.",
  resp_local_length_error: "Responder: messages longer than their receive work request.",
  resp_remote_access_errors: "Responder: requests that their key or its range does not allow.",
  resp_cqe_error: "Receive work requests that completed with an error.",
  resp_cqe_flush_error: "Receive work requests that were flushed.",
  packet_seq_err: "Requester: NAKs of a PSN sequence error.",
  implied_nak_seq_err: "Requester: responses that told that one before them was lost.",
  rnr_nak_retry_err: "Requester: RNR NAKs.",
  local_ack_timeout_err: "Requester: acknowledge timers that expired.",
  retransmitted_packets: "Requester: packets sent again.",
  req_remote_invalid_request: "Requester: NAKs of an invalid request.",
  req_remote_access_errors: "Requester: NAKs of a remote access error.",
  req_cqe_error: "Send work requests that completed with an error.",
  req_cqe_flush_error: "Send work requests that were flushed.",
  tx_unaddressed: "Datagrams not sent: their target had moved or was not found.",
  rx_unnamed: "Datagrams not delivered: nobody could tell who had sent them.",
  bad_pkey_cntr: "Packets of another partition than their queue pair's.",
  qkey_viol_cntr: "Datagrams with another Q_Key than their queue pair's.",
  port_xmit_discards: "Packets not sent: the port was not active.",
  port_rcv_discards: "Packets not taken: the port was not active.",
  rx_icrc_encapsulated: "Packets dropped for their ICRC.",
  rx_malformed: "Packets dropped that are no packets.",
  rx_unknown_qp: "Packets for no queue pair, or for a number that a queue pair gave up.",
  rx_refused: "Packets that their queue pair may not take: from another port, or in a state that takes none.",
};

/** Metrics of a host: its adapter's counters, what lives on it, what it has refused. */
export function hostMetrics(host: Host): Registry {
  const register = new Registry();
  for (const name of counterNames) {
    const about = { name: `nomad_${name}_total`, help: help[name] };
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
  const devices = () => [...host.coordinator.backend.devices.values()].filter(({ kind }) => kind === "guest");
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
