import { randomBytes } from "node:crypto";
import { interleave, type Measurement, measurementOf, type OnSample } from "@nomad/measure";
import { openStandalone } from "@nomad/verbs/device";
import { type Amounts, writeBytes } from "../amounts.ts";
import { hcaFigures } from "../figures.ts";
import { Rig, type RigAddress } from "../rig.ts";
import { PeerProcess } from "./peer-process.ts";
import { adapterProbes } from "./probe-adapter.ts";
import { socketProbes } from "./probe-sockets.ts";

/** Measures the adapter between two processes, and the sockets under it in turn. */
export async function runHca(amounts: Amounts, onSample: OnSample): Promise<Measurement> {
  const secret = randomBytes(32);
  await using peer = await PeerProcess.start(secret);
  await using withIcrc = await openStandalone({ secret, icrc: true });
  await using withoutIcrc = await openStandalone({ secret, icrc: false });
  const sides: { readonly rig: Rig; readonly peer: RigAddress }[] = [];
  for (const { icrc, url, address } of peer.ready.ports) {
    const device = icrc ? withIcrc : withoutIcrc;
    await device.dial(url);
    const rig = new Rig(device, writeBytes);
    rig.connect(address);
    sides.push({ rig, peer: address });
  }
  await peer.connect(sides.map(({ rig }) => rig.address));
  const [first, second] = sides as [(typeof sides)[0], (typeof sides)[0]];
  const probes = new Map([...adapterProbes(first, second, amounts), ...(await socketProbes(peer.ready, amounts))]);
  const samples = await interleave(probes, amounts, onSample);
  return measurementOf(hcaFigures, samples);
}
