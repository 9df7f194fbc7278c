import type { Clock } from "@nomad/base";
import type { Message } from "@nomad/protocol";
import { type FaultRules, suffer } from "@nomad/wire";

/** What a channel says when it opens, and what is told once and never again, is not lost while the channel is up. */
const neverLost: ReadonlySet<Message["kind"]> = new Set(["HELLO", "WELCOME", "HOSTS"]);
const aboutFaults: ReadonlySet<Message["kind"]> = new Set(["FAULTS", "FAULTS_SET"]);
/** By these faults are lifted, so that no fault is about them. */
export const isAboutFaults = ({ kind }: Pick<Message, "kind">): boolean => aboutFaults.has(kind);

/** Where messages arrive, and the rules there. */
export interface Arrivals {
  readonly rules: FaultRules;
  readonly clock: Clock;
  /** Who is here. */
  readonly name: string;
}

/** A message has come: it is delivered as the rules say. A socket does not hand over what is corrupted. */
export function arrive(
  { rules, clock, name }: Arrivals,
  on: "control" | "peer",
  from: string,
  message: Message,
  deliver: () => void,
): void {
  if (rules.quiet || isAboutFaults(message)) return deliver();
  const safe = neverLost.has(message.kind);
  const later = (ms: number) => void clock.after(ms, deliver);
  suffer(rules.judge(on, from, name, { message: message.kind, safe }), { pass: deliver, corrupt: () => {}, later });
}
