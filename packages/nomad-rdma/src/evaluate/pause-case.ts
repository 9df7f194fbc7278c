import type { Sweep } from "@nomad/evaluation";
import type { GuestRequest } from "@nomad/protocol/http";
import { hostNames } from "../lab/host-names.ts";

/** One value of what is varied: the guest that is moved to and fro, and its peers. */
export interface PauseCase {
  readonly sweep: Sweep;
  readonly value: number;
  /** The first two are where the guest moves; the others are its peers'. */
  readonly hosts: readonly string[];
  readonly guest: Required<GuestRequest>;
  readonly peers: readonly Required<GuestRequest>[];
}

interface Load {
  readonly image?: string;
  readonly peers?: number;
  /** As the guest program `many` takes them. */
  readonly arguments: Readonly<Record<string, number>>;
}

const name = "alice";
const peerImage = "many-small";
/** Of the peers, which never move: as much as fits. */
const peerColdMiB = 4;

/** The image with so much memory, MiB, and how much of that is used. */
const sizes: Readonly<Record<number, { readonly image: string; readonly cold: number }>> = {
  16: { image: "many-small", cold: 8 },
  64: { image: "many", cold: 40 },
  256: { image: "many-large", cold: 180 },
};

const loads: Readonly<Record<Sweep, (value: number) => Load>> = {
  idle: (qps) => ({ arguments: { qps, active: 0 } }),
  active: (qps) => ({ arguments: { qps, active: qps } }),
  memory: (mebibytes) => {
    const { image, cold } = sizes[mebibytes] as (typeof sizes)[number];
    return { image, arguments: { qps: 1, active: 1, cold } };
  },
  dirty: (pages) => ({ arguments: { qps: 1, active: 1, hot: 16, dirty: pages > 0 ? 1 : 0, pages } }),
  peers: (peers) => ({ peers, arguments: { qps: 1, active: 1 } }),
};

/** Every image that cases are of. */
export const caseImages: readonly string[] = [...Object.values(sizes).map(({ image }) => image)];

export function pauseCase(sweep: Sweep, value: number): PauseCase {
  const { image = "many", peers: count = 1, arguments: given } = loads[sweep](value);
  const hosts = hostNames(2 + count);
  const texts = Object.fromEntries(Object.entries(given).map(([key, number]) => [key, String(number)]));
  const peerNames = Array.from({ length: count }, (_, i) => `bob-${i}`);
  const { qps = "", active = "" } = texts;
  return {
    sweep,
    value,
    hosts,
    guest: { name, image, host: hosts[0] as string, arguments: { ...texts, name, peer: peerNames.join(",") } },
    peers: peerNames.map((peer, i) => ({
      name: peer,
      image: sweep === "idle" || sweep === "active" ? "many" : peerImage,
      host: hosts[2 + i] as string,
      arguments: { name: peer, peer: name, qps, active, cold: String(peerColdMiB) },
    })),
  };
}
