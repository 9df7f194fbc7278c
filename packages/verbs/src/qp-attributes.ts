import { assert } from "@nomad/base";
import type * as adapter from "@nomad/hca";
import { mtuBytes, type QpStateName, qpStateNames } from "@nomad/iba";
import { namesOf, type QpType, qpTypes } from "./names.ts";

/** The adapter's attributes with plain numbers. */
type Plain<T> = { [K in keyof T]: T[K] extends number | undefined ? number : T[K] };
type Named = "state" | "curState" | "pathMtu";
type Rest = Plain<Omit<adapter.QpAttributes, Named>>;

/** Attributes of ibv_modify_qp. `timeout` and `minRnrTimer` are IBA's codes; access flags are of `access`. */
export interface QpAttributes extends Rest {
  state?: QpStateName;
  /** The state that it is taken to be in. */
  curState?: QpStateName;
  /** Bytes: 256, 512, 1024, 2048 or 4096. */
  pathMtu?: number;
}

/** What a queue pair is set to; `sqPsn` and `rqPsn` are of the next packet ever sent and of the next expected. */
export interface QpQuery extends Required<QpAttributes> {
  type: QpType;
  /** In SQD, with something still under way. */
  sqDraining: boolean;
}

const typeNames = namesOf(qpTypes);

/** As the adapter takes them. */
export function toAttributes(attributes: QpAttributes): adapter.QpAttributes {
  const { state, curState, pathMtu, ...rest } = attributes;
  return {
    ...(rest as Omit<adapter.QpAttributes, Named>),
    ...(state !== undefined && { state: stateCode(state) }),
    ...(curState !== undefined && { curState: stateCode(curState) }),
    ...(pathMtu !== undefined && { pathMtu: mtuCode(pathMtu) }),
  };
}

export function toQuery(query: adapter.QpQuery): QpQuery {
  const { state, curState, type, pathMtu, ...rest } = query;
  const [stateName, curStateName, typeName] = [qpStateNames[state], qpStateNames[curState], typeNames[type]];
  assert(stateName !== undefined && curStateName !== undefined, "a queue pair is in a state that has a name");
  assert(typeName !== undefined, "a queue pair is of a type that has a name");
  return { ...rest, state: stateName, curState: curStateName, type: typeName, pathMtu: mtuBytes(pathMtu) ?? 0 };
}

function stateCode(name: QpStateName): adapter.QpState {
  return qpStateNames.indexOf(name) as adapter.QpState;
}

/** The code of an MTU in bytes; one that the adapter refuses when there is none. */
function mtuCode(bytes: number): number {
  const code = [1, 2, 3, 4, 5].find((each) => mtuBytes(each) === bytes);
  return code ?? 0;
}
