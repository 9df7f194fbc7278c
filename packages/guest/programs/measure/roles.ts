// What each end does in a batch; packages/measure's roles.ts does the same between programs that are no guests.
import { WR_ATOMIC_FETCH_AND_ADD, WR_RDMA_READ, WR_RDMA_WRITE, WR_RDMA_WRITE_WITH_IMM, WR_SEND } from "nomad/abi";
import { CREDIT, DONE, End, READY } from "./end.ts";
import { Samples } from "./samples.ts";
import { Case, Test } from "./test.ts";

/** One end's part; what the one that leads has measured counts. Cut short when the guest is to end. */
export function runBatch(end: End, test: Test, one: Case): Samples {
  end.useNames(one.physical);
  end.element.length = one.bytes;
  end.completed = 0;
  end.received = 0;
  const every = test.creditEvery;
  // Of WRITEs only those are received that end a credit's worth.
  end.creditEvery = test.operation === "send" ? every : min<u32>(1, every);
  end.say(READY);
  end.hear(READY);
  const samples = new Samples(test.kind === "stream" || !(test.leads || test.kind === "ping-pong") ? 0 : one.messages);
  samples.start();
  if (test.kind === "stream") stream(end, test, one, samples);
  else if (test.kind === "ping-pong") pingPong(end, test, one, samples);
  else if (test.leads) fetch(end, test, one, samples);
  return samples;
}

function pingPong(end: End, test: Test, one: Case, samples: Samples): void {
  end.request.opcode = test.operation === "write" ? WR_RDMA_WRITE_WITH_IMM : WR_SEND;
  for (let i: u32 = 0; i < one.messages && !end.isOver; i++) {
    if (test.leads) end.post();
    while (end.received <= i && !end.isOver) end.progress();
    if (!test.leads) end.post();
    samples.lap();
  }
  while (end.completed < one.messages && !end.isOver) end.progress();
}

function fetch(end: End, test: Test, one: Case, samples: Samples): void {
  end.request.opcode = opcodeOf(test.operation);
  end.request.compareAdd = 1;
  for (let i: u32 = 0; i < one.messages && !end.isOver; i++) {
    end.post();
    while (end.completed <= i && !end.isOver) end.progress();
    samples.lap();
  }
}

function stream(end: End, test: Test, one: Case, samples: Samples): void {
  const every = test.creditEvery;
  const count = every === 0 ? one.messages : ((one.messages + every - 1) / every) * every;
  end.request.opcode = opcodeOf(test.operation);
  if (test.leads || test.bidirectional) {
    if (every === 0) streamReliably(end, count, test.window);
    else streamByCredit(end, count, test.window, every);
    end.say(DONE);
  }
  if (!test.leads || test.bidirectional) end.hear(DONE);
  samples.stop(test.bidirectional ? 2 * count : count);
}

/** What is complete has arrived. */
function streamReliably(end: End, count: u32, window: u32): void {
  let posted: u32 = 0;
  while (end.completed < count && !end.isOver) {
    for (; posted < count && posted - end.completed < window; posted++) end.post();
    end.progress();
  }
}

/** What is complete has left, no more: the receiver tells what has arrived. Of WRITEs it learns by an immediate. */
function streamByCredit(end: End, count: u32, window: u32, every: u32): void {
  const opcode = end.request.opcode;
  const telling = opcode === WR_RDMA_WRITE ? WR_RDMA_WRITE_WITH_IMM : opcode;
  let posted: u32 = 0;
  let arrived: u32 = 0;
  while (arrived < count && !end.isOver) {
    for (; posted < count && posted - arrived < window; posted++) {
      end.request.opcode = (posted + 1) % every === 0 ? telling : opcode;
      end.post();
    }
    end.progress();
    while (end.take(CREDIT)) arrived += every;
  }
}

function opcodeOf(operation: string): u32 {
  if (operation === "write") return WR_RDMA_WRITE;
  if (operation === "read") return WR_RDMA_READ;
  return operation === "atomic" ? WR_ATOMIC_FETCH_AND_ADD : WR_SEND;
}
