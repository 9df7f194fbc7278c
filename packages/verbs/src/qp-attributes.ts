import { assert } from "@nomad/base";
import type * as adapter from "@nomad/hca";
import { mtuBytes, type QpStateName, qpStateNames } from "@nomad/iba";

/** The adapter's attributes with plain numbers. */
type Plain<T> = { [K in keyof T]: T[K] extends number | undefined ? number : T[K] };
type Rest = Plain<Omit<adapter.QpAttributes, "state" | "pathMtu">>;

/** Attributes of ibv_modify_qp. `timeout` and `minRnrTimer` are IBA's codes; access flags are of `access`. */
export interface QpAttributes extends Rest {
  state?: QpStateName;
  /** Bytes: 256, 512, 1024, 2048 or 4096. */
  pathMtu?: number;
}

/** What a queue pair is set to; `sqPsn` and `rqPsn` are of the next packet ever sent and of the next expected. */
export type QpQuery = Required<QpAttributes>;

/** As the adapter takes them. */
export function toAttributes(attributes: QpAttributes): adapter.QpAttributes {
  const { state, pathMtu, ...rest } = attributes;
  return {
    ...(rest as Omit<adapter.QpAttributes, "state" | "pathMtu">),
    ...(state !== undefined && { state: qpStateNames.indexOf(state) as adapter.QpState }),
    ...(pathMtu !== undefined && { pathMtu: mtuCode(pathMtu) }),
  };
}

export function toQuery(query: adapter.QpQuery): QpQuery {
  const { state, pathMtu, ...rest } = query;
  const name = qpStateNames[state];
  assert(name !== undefined, "a queue pair is in a state that has a name");
  return { ...rest, state: name, pathMtu: mtuBytes(pathMtu) ?? 0 };
}

/** The code of an MTU in bytes; one that the adapter refuses when there is none. */
function mtuCode(bytes: number): number {
  const code = [1, 2, 3, 4, 5].find((each) => mtuBytes(each) === bytes);
  return code ?? 0;
}
