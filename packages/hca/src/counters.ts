/** Counters of a queue pair and of the port, by Linux's names where it has them (sysfs hw_counters and counters). */
export class Counters {
  port_xmit_packets = 0;
  /** Bytes, BTH to ICRC. */
  port_xmit_data = 0;
  port_rcv_packets = 0;
  port_rcv_data = 0;

  multicast_xmit_packets = 0;
  multicast_rcv_packets = 0;

  rx_write_requests = 0;
  rx_read_requests = 0;
  rx_atomic_requests = 0;
  /** Responder: requests ahead of the expected PSN; of UC, any that are not expected. */
  out_of_sequence = 0;
  /** Responder: requests that had been executed before. */
  duplicate_request = 0;
  /** Responder: requests, datagrams included, for which no receive work request was posted. */
  out_of_buffer = 0;
  resp_local_length_error = 0;
  resp_remote_access_errors = 0;
  resp_cqe_error = 0;
  resp_cqe_flush_error = 0;

  /** Requester: NAKs of a PSN sequence error. */
  packet_seq_err = 0;
  /** Requester: a response told that one before it was lost. */
  implied_nak_seq_err = 0;
  rnr_nak_retry_err = 0;
  local_ack_timeout_err = 0;
  /** Requester: packets sent again. */
  retransmitted_packets = 0;
  req_remote_invalid_request = 0;
  req_remote_access_errors = 0;
  req_cqe_error = 0;
  req_cqe_flush_error = 0;

  /** Datagrams that were not sent, because their target had moved or was not found. */
  tx_unaddressed = 0;
  /** Datagrams that were not delivered, because nobody could tell who had sent them. */
  rx_unnamed = 0;

  /** Packets of another partition than their queue pair's, and datagrams with another Q_Key. */
  bad_pkey_cntr = 0;
  qkey_viol_cntr = 0;

  /** Port: packets not sent, and not taken, because the port was not active. */
  port_xmit_discards = 0;
  port_rcv_discards = 0;
  /** Port: packets whose ICRC is wrong. */
  rx_icrc_encapsulated = 0;
  /** Port: packets that are no packets. */
  rx_malformed = 0;
  /** Port: packets for no queue pair, or for a number that a queue pair gave up. */
  rx_unknown_qp = 0;
  /** Port: packets that their queue pair may not take: from another port, or in a state that takes none. */
  rx_refused = 0;

  add(other: Counters): void {
    for (const name of counterNames) this[name] += other[name];
  }
}

export type CounterName = { [K in keyof Counters]: Counters[K] extends number ? K : never }[keyof Counters];

export const counterNames = Object.keys(new Counters()) as readonly CounterName[];
