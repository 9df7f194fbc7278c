import type { AnswerOf } from "../message.ts";
import type { CentralContext } from "./context.ts";
import type { Move } from "./move.ts";

type Resume = NonNullable<AnswerOf<"OUTCOME">["resume"]>;

/** What peers of a lost guest are told: an address that no longer answers. */
export function whereItWas({ directory }: CentralContext, { epoch, record }: Move): Resume {
  const { host } = directory.guest(record.guest);
  return { epoch: epoch + 1, dlid: directory.host(host).lid, host, names: [] };
}

/** Peers of a lost guest go on, towards an address that no longer answers, and get what hardware would give. */
export function resumePeersOfLost(central: CentralContext, move: Move): void {
  const { vlid, token } = move;
  const { generation, timings, directory } = central;
  const at = { move: move.record.id, vlid, generation, token, ...whereItWas(central, move) };
  const o = { timeoutMs: timings.controlRequestMs, onAnswer: () => {}, onFail: () => {} };
  for (const to of move.peerHosts) {
    if (!directory.isLost(to)) central.ask(to, { kind: "RESUME_PEER", ...at }, o);
  }
}
