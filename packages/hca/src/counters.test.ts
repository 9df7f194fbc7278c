import { crc32 } from "node:zlib";
import * as abi from "@nomad/abi";
import type { RKey } from "@nomad/base";
import { beforeEach, expect, test } from "vitest";
import { counterNames } from "./counters.ts";
import type { SendWr } from "./queues/index.ts";
import { connectedPair, type Endpoint } from "./testing/endpoint.ts";
import { Fabric } from "./testing/fabric.ts";

let fabric: Fabric;
let a: Endpoint;
let b: Endpoint;

beforeEach(() => {
  fabric = new Fabric({ crc32 });
  [a, b] = connectedPair(fabric);
});

/** The counters that are not 0, without those of packets and bytes. */
function raised({ adapter, qpn }: Endpoint): Record<string, number> {
  const counters = adapter.hca.qpCounters(qpn);
  const names = counterNames.filter((name) => counters[name] !== 0 && !name.startsWith("port_"));
  return Object.fromEntries(names.map((name) => [name, counters[name]]));
}

function run(opcode: number, change: Partial<SendWr> = {}): void {
  a.post({ id: 1n, opcode, sges: [a.sge(0, 8)], remoteAddress: b.data, rkey: b.region.rkey, ...change });
  // One behind it, which finds the queue pairs as they are by then.
  a.post({ id: 2n, opcode: abi.WR_RDMA_WRITE, sges: [] });
  fabric.settle();
}

const { WR_RDMA_WRITE, WR_RDMA_READ, WR_ATOMIC_CMP_AND_SWP, WR_ATOMIC_FETCH_AND_ADD } = abi;
const wrongKey = { rkey: 0 as RKey };

test.each([
  ["WRITEs", WR_RDMA_WRITE, { rx_write_requests: 2 }],
  ["READs", WR_RDMA_READ, { rx_read_requests: 1, rx_write_requests: 1 }],
  ["compare and swap", WR_ATOMIC_CMP_AND_SWP, { rx_atomic_requests: 1, rx_write_requests: 1 }],
  ["fetch and add", WR_ATOMIC_FETCH_AND_ADD, { rx_atomic_requests: 1, rx_write_requests: 1 }],
])("the responder counts requests by their kind: %s", (_, opcode, expected) => {
  run(opcode);
  expect(raised(b)).toEqual(expected);
  expect(raised(a)).toEqual({});
});

test("a wrong key is counted as an access error at both ends, and each completion that it spoils as what it is", () => {
  b.rq.post({ id: 3n });
  run(WR_RDMA_WRITE, wrongKey);
  expect(raised(a)).toEqual({ req_remote_access_errors: 1, req_cqe_error: 1, req_cqe_flush_error: 1 });
  expect(raised(b)).toEqual({ resp_remote_access_errors: 1, resp_cqe_flush_error: 1, rx_refused: 1 });
});

test("a message longer than its buffer is counted as a length error there, and as an invalid request here", () => {
  b.rq.post({ id: 3n });
  run(abi.WR_SEND);
  expect(raised(a)).toEqual({ req_remote_invalid_request: 1, req_cqe_error: 1, req_cqe_flush_error: 1 });
  expect(raised(b)).toEqual({ resp_local_length_error: 1, resp_cqe_error: 1, rx_refused: 1 });
});

test("bytes are counted from BTH to ICRC, as many here as there", () => {
  a.post({ id: 1n, opcode: abi.WR_SEND, sges: [a.sge(0, 5)] });
  b.rq.post({ id: 1n, sges: [b.sge(0, 5)] });
  fabric.settle();
  const [here, there] = [a, b].map(({ adapter }) => adapter.hca.counters);
  // A BTH of 12 bytes, 5 of payload and 3 of padding, an ICRC of 4; the acknowledgement has an AETH of 4.
  expect(here).toMatchObject({ port_xmit_data: 24, port_rcv_data: 20, port_xmit_packets: 1, port_rcv_packets: 1 });
  expect(there).toMatchObject({ port_xmit_data: 20, port_rcv_data: 24 });
});
