import { interleave, type Measurement, measurementOf, type OnSample, type Samples } from "@nomad/measure";
import { casesOf, measuredOf, type PerfOutcomes, type PerfTestName } from "@nomad/measure/perf";
import { buildImages, type GuestPerf, perfBetweenGuests, perfImage } from "nomad-rdma";
import { BenchLab } from "../../move/shell/lab.ts";
import { type Amounts, guestWriteBytes, messageBytes, window } from "../amounts.ts";
import { guestFigures } from "../figures.ts";
import { PeerProcess } from "./peer-process.ts";
import { socketProbes } from "./probe-sockets.ts";

const hosts = ["host-a", "host-b"] as const;
/** Whoever measures guests is interrupted with the process. */
const never = new AbortController().signal;

/** What a test's batches with virtual and with physical names come to, by the figures that they are. */
const tests = [
  { test: "send-lat", bytes: messageBytes, names: ["virtualization-latency", "physical-latency"] },
  { test: "write-bw", bytes: guestWriteBytes, names: ["virtualization-bandwidth", "physical-bandwidth"] },
] as const;

/** Measures between two guests, whose names are their own and the adapter's in turn; and plain sockets before and after. */
export async function runGuests(amounts: Amounts, onSample: OnSample): Promise<Measurement> {
  await buildImages([perfImage]);
  await using sockets = await PeerProcess.start("peer.ts");
  await using lab = await BenchLab.start();
  const roundTrip = (await socketProbes(sockets.ready, amounts)).get("ws-rtt-64");
  if (roundTrip === undefined) throw new Error("there is a probe of round trips");
  const floor = new Map([["ws-rtt-64-then", roundTrip]]);
  const rounds = { warmUps: amounts.warmUps, rounds: amounts.guestRounds };
  const samples = new Map<string, readonly number[]>();
  const floors: number[] = [];
  for (const { test, bytes, names } of tests) {
    floors.push(...((await interleave(floor, amounts, onSample)).get("ws-rtt-64-then") ?? []));
    const cases = casesFor(test, bytes, amounts);
    const measured = await perfBetweenGuests({ client: lab.client, hosts, cases, rounds, onSample, signal: never });
    for (const [i, name] of names.entries()) samples.set(name, valuesOf(measured[i]));
    if (test === "send-lat") samples.set("guest-rtt-64", roundTripsOf(measured[0]));
  }
  floors.push(...((await interleave(floor, amounts, onSample)).get("ws-rtt-64-then") ?? []));
  samples.set("ws-rtt-64-then", floors);
  return measurementOf(guestFigures, samples satisfies Samples);
}

function casesFor(test: PerfTestName, size: number, amounts: Amounts): GuestPerf["cases"] {
  const iterations = test === "send-lat" ? amounts.guestRoundTrips : amounts.guestWrites;
  const names = ["virtual", "physical"] as const;
  return casesOf({ test, transport: "RC", window, bidirectional: false, size, iterations, names });
}

function valuesOf(measured: PerfOutcomes | undefined): number[] {
  return measured?.outcomes.map((outcome) => measuredOf(measured.of.batch, outcome)) ?? [];
}

/** Means, as those of the sockets. */
function roundTripsOf(measured: PerfOutcomes | undefined): number[] {
  return measured?.outcomes.map(({ ms, messages }) => (ms * 1000) / messages) ?? [];
}
