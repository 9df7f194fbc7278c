import { SEND_SIGNALED, WC_SUCCESS, WR_RDMA_WRITE } from "@nomad/abi";
import { Connection } from "../connection.ts";
import { Driver } from "../driver.ts";
import type { Program } from "../guest.ts";
import type { Traffic } from "../traffic.ts";
import { areaAt, dataBytes, guardBytes } from "./layout.ts";

const guardByte = 0xa5;
const trespassBytes = 8;

/** A guest that writes beyond its peer's region, with a key that is good for the region. It must be refused. */
export function trespasser(own: string, victim: string, traffic: Traffic): Program {
  return function* (machine) {
    const driver = new Driver(machine);
    const end = new Connection(machine, driver, areaAt(0), dataBytes);
    yield* end.open(own);
    yield* end.connect(own, victim);
    const wr = { id: 0n, flags: SEND_SIGNALED, opcode: WR_RDMA_WRITE };
    end.post(wr, end.data, trespassBytes, dataBytes);
    for (;;) {
      const [wc] = end.cq.drain();
      if (wc) {
        traffic.guards.trespassed(own, victim, wc.status !== WC_SUCCESS);
        return 0;
      }
      yield 1;
    }
  };
}

/** Its peer: has bytes behind its region, and looks at them until it is asked to end. */
export function victim(own: string, other: string, traffic: Traffic): Program {
  return function* (machine) {
    const driver = new Driver(machine);
    const end = new Connection(machine, driver, areaAt(0), dataBytes);
    const from = end.data + dataBytes;
    machine.memory.bytes.fill(guardByte, from, from + guardBytes);
    yield* end.open(own);
    yield* end.connect(own, other);
    while (!machine.shutdown) {
      const guard = machine.memory.bytes.subarray(from, from + guardBytes);
      traffic.guards.checked(
        own,
        guard.every((byte) => byte === guardByte),
      );
      yield 1;
    }
    return 0;
  };
}
