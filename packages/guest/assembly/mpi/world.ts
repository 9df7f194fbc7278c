// MPI_Init and MPI_Finalize: the ranks of a job find each other, connect, and part.
import { ACCESS_REMOTE_READ } from "../abi.ts";
import { argument, numberArgument } from "../arguments.ts";
import { check } from "../check.ts";
import { lookup, publish } from "../rendezvous.ts";
import { CompletionQueue, ConnectOptions, ProtectionDomain, QueuePair, QueuePairOptions } from "../verbs.ts";
import { vlid } from "../vmm.ts";
import { RankAddress } from "./address.ts";
import { barrier } from "./barrier.ts";
import { registerEverything, SendSlots } from "./buffers.ts";
import { Channel, receivesFor, SEND_ENTRIES } from "./channel.ts";
import { Communicator } from "./communicator.ts";
import { Device } from "./device.ts";

/** How long the other ranks may take to come up, and to end, ns. */
const RANKS_WITHIN: i64 = 120_000_000_000;
/** Local ACK time-out 1.07 s: with 7 retries a dead peer is noticed after eight seconds, a busy machine forgiven. */
const ACK_TIMEOUT: u32 = 18;

/**
 * MPI_Init: the communicator of all ranks. The boot arguments say which we are: `rank` of `ranks`, of the job `job`,
 * a name that no other job of the lab has or had. Ends the guest when the others do not come.
 */
export function init(): Communicator {
  const rank = <i32>numberArgument("rank", 0);
  const ranks = <i32>numberArgument("ranks", 1);
  check(rank < ranks, "MPI: the rank is one of those there are");
  const pd = ProtectionDomain.allocate();
  check(pd !== null, "MPI: a protection domain");
  const cq = CompletionQueue.create(<u32>ranks * (SEND_ENTRIES + receivesFor(ranks)));
  check(cq !== null, "MPI: a completion queue");
  const device = new Device(rank, cq!, new SendSlots());
  open(device, pd!, ranks);
  connect(device, ranks);
  meet(rank, ranks, "connected");
  const members = new StaticArray<i32>(ranks);
  for (let i = 0; i < ranks; i++) members[i] = i;
  return new Communicator(device, 0, members);
}

/** MPI_Finalize: returns when all ranks have come here, and nothing is under way between them. */
export function finalize(world: Communicator): void {
  barrier(world);
  world.device.drain();
  // Only now may the queue pairs go: everybody's last acknowledgement has arrived.
  meet(world.rank, world.size, "done");
}

/** A queue pair for each peer, ready to receive. */
function open(device: Device, pd: ProtectionDomain, ranks: i32): void {
  const region = registerEverything(pd);
  const options = new QueuePairOptions();
  options.sendEntries = SEND_ENTRIES;
  options.receiveEntries = receivesFor(ranks);
  for (let rank = 0; rank < ranks; rank++) {
    if (rank === device.rank) {
      device.channels.push(null);
      continue;
    }
    const qp = QueuePair.create(pd, device.cq, device.cq, options);
    check(qp !== null && qp.initialize(ACCESS_REMOTE_READ) === 0, "MPI: a queue pair");
    device.channels.push(new Channel(rank, qp!, device.slots, region.key, receivesFor(ranks)));
  }
}

function connect(device: Device, ranks: i32): void {
  const numbers: u32[] = [];
  for (let rank = 0; rank < ranks; rank++) numbers.push(rank === device.rank ? 0 : device.channels[rank]!.qp.vqpn);
  const psn = (vlid() * 2654435761) & 0xffffff;
  publish(place("address", device.rank), new RankAddress(vlid(), psn, numbers).toText());
  for (let rank = 0; rank < ranks; rank++) {
    if (rank === device.rank) continue;
    const text = lookup(place("address", rank), RANKS_WITHIN);
    check(text !== null, `MPI: rank ${rank} comes up`);
    const peer = RankAddress.parse(text!, ranks);
    check(peer !== null, `MPI: rank ${rank} tells its address`);
    const options = new ConnectOptions();
    options.vlid = peer!.vlid;
    options.vqpn = peer!.queuePairs[device.rank];
    options.receivePsn = peer!.psn;
    options.sendPsn = psn;
    options.timeout = ACK_TIMEOUT;
    check(device.channels[rank]!.qp.connect(options) === 0, `MPI: the connection to rank ${rank}`);
  }
}

/** Returns when every rank has come here. */
function meet(rank: i32, ranks: i32, where: string): void {
  publish(place(where, rank), "yes");
  for (let other = 0; other < ranks; other++) {
    if (other !== rank) check(lookup(place(where, other), RANKS_WITHIN) !== null, `MPI: rank ${other} is ${where}`);
  }
}

function place(what: string, rank: i32): string {
  return `mpi/${argument("job", "job")}/${rank}/${what}`;
}
