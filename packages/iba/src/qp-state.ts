import { QP_STATE } from "@nomad/abi";
import { qpStateNames, type Transition, transitionsByType } from "./qp-transitions.ts";

/** The transition's attributes, or null when it is forbidden. States are libibverbs' numbers. */
export function transition(type: number, from: number, to: number): Transition | null {
  const fromName = qpStateNames[from];
  const toName = qpStateNames[to];
  if (fromName === undefined || toName === undefined) return null;
  return transitionsByType[type]?.[fromName]?.[toName] ?? null;
}

/** Why a transition with these attributes (QP_* bits) is forbidden, in words; null when it is allowed. */
export function transitionFault(type: number, from: number, to: number, mask: number): string | null {
  const allowed = transition(type, from, to);
  const what = `${qpStateNames[from] ?? from} to ${qpStateNames[to] ?? to}`;
  if (allowed === null) return `${what} is not a transition of this queue pair`;
  const missing = allowed.required & ~mask;
  if (missing !== 0) return `${what} needs attributes 0x${missing.toString(16)}`;
  const surplus = mask & ~(allowed.required | allowed.optional | QP_STATE);
  if (surplus !== 0) return `${what} does not take attributes 0x${surplus.toString(16)}`;
  return null;
}
