import type { GuestRequest } from "@nomad/protocol/http";

/** Who travels and who is visited. */
export const tourist = "alice";
export const companion = "bob";
/** The guests that rewrite their memory all the time. */
export const dirtying: readonly string[] = [companion];

/** The two guests of a tour, on the first two hosts: the program `pair`, one at each end of a connection. */
export function tourGuests(hosts: readonly string[], seed: number): Required<GuestRequest>[] {
  const guest = (name: string, peer: string, role: string, host: string): Required<GuestRequest> => ({
    name,
    image: "pair",
    host,
    arguments: { name, peer, role, seed: String(seed), dirty: dirtying.includes(name) ? "1" : "0" },
  });
  const [first, second] = hosts as [string, string];
  return [guest(tourist, companion, "a", first), guest(companion, tourist, "b", second)];
}
