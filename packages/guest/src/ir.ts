// What the builder needs of Binaryen's IR beyond its type declarations: a walk over every expression, and the setters
// that change one in place.
import binaryen from "assemblyscript/binaryen";

export type Expression = number;

/** A wasm module in Binaryen's IR. */
export type Module = binaryen.Module;

/** A data segment: where its bytes go in memory. */
export interface DataSegment {
  readonly name: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

/** Exists in Binaryen's JavaScript but not, or under another name, in its type declarations. */
interface Undeclared {
  readonly Loop: {
    setName(loop: Expression, name: string): void;
    setBody(loop: Expression, body: Expression): void;
  };
  readonly Function: { setBody(func: number, body: Expression): void };
  _BinaryenFunctionAddVar(func: number, type: number): number;
}

interface UndeclaredInModule {
  getNumDataSegments(): number;
  getDataSegmentInfo(segment: number): { name: string; offset: number | null; data: ArrayBuffer };
}

const undeclared = binaryen as unknown as Undeclared;

/** Features of the guests' wasm; Binaryen's "all" is newer than what Node runs. */
export const guestFeatures: binaryen.Features =
  binaryen.Features.Atomics |
  binaryen.Features.MutableGlobals |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.SIMD128 |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt |
  binaryen.Features.SignExt;

/** Properties of Binaryen's expression infos that hold expressions (or lists of them). */
const childProperties = [
  "children",
  "operands",
  "condition",
  "ifTrue",
  "ifFalse",
  "body",
  "value",
  "target",
  "ptr",
  "left",
  "right",
  "a",
  "b",
  "c",
  "vec",
  "shift",
  "delta",
  "expected",
  "replacement",
  "timeout",
  "notifyCount",
  "dest",
  "source",
  "size",
  "offset",
] as const;

/** Kinds in which such a property is a plain number instead. */
const plainProperties = new Map<number, readonly string[]>([
  [binaryen.ConstId, ["value"]],
  [binaryen.CallId, ["target"]],
  ...[
    binaryen.LoadId,
    binaryen.StoreId,
    binaryen.AtomicRMWId,
    binaryen.AtomicCmpxchgId,
    binaryen.AtomicWaitId,
    binaryen.AtomicNotifyId,
    binaryen.SIMDLoadId,
    binaryen.SIMDLoadStoreLaneId,
  ].map((id): [number, readonly string[]] => [id, ["offset"]]),
]);

/** Kinds of which Binaryen gives no info. */
const leafIds: readonly number[] = [binaryen.NopId, binaryen.UnreachableId, binaryen.PopId];

/** The expressions directly inside one. */
export function childrenOf(expression: Expression): Expression[] {
  if (leafIds.includes(binaryen.getExpressionId(expression))) return [];
  const info = binaryen.getExpressionInfo(expression) as unknown as Record<string, unknown> & { id: number };
  const plain = plainProperties.get(info.id) ?? [];
  const children: Expression[] = [];
  for (const property of childProperties) {
    const value = info[property];
    if (plain.includes(property)) continue;
    if (Array.isArray(value)) children.push(...value.filter((child) => child !== 0));
    else if (typeof value === "number" && value !== 0) children.push(value);
  }
  return children;
}

/** Visits an expression and all inside it, outermost first. */
export function walk(expression: Expression, visit: (expression: Expression, id: number) => void): void {
  const pending = [expression];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    visit(next, binaryen.getExpressionId(next));
    pending.push(...childrenOf(next));
  }
}

/** Every function of the module that has a body. */
export function definedFunctions(module: Module): { ref: number; info: binaryen.FunctionInfo }[] {
  const functions = [];
  for (let i = 0; i < module.getNumFunctions(); i++) {
    const ref = module.getFunctionByIndex(i);
    const info = binaryen.getFunctionInfo(ref);
    if (info.body !== 0) functions.push({ ref, info });
  }
  return functions;
}

/** A new local variable of the function; its index. */
export function addLocal(func: number, type: number): number {
  return undeclared._BinaryenFunctionAddVar(func, type);
}

/** Gives a function another body. */
export function setBody(func: number, body: Expression): void {
  undeclared.Function.setBody(func, body);
}

/** Gives a loop another label and body, in place. */
export function rewriteLoop(loop: Expression, label: string, body: Expression): void {
  undeclared.Loop.setName(loop, label);
  undeclared.Loop.setBody(loop, body);
}

/** The active data segments of the module. */
export function dataSegments(module: Module): DataSegment[] {
  const segments = module as unknown as UndeclaredInModule;
  return Array.from({ length: segments.getNumDataSegments() }, (_, i) => {
    const { name, offset, data } = segments.getDataSegmentInfo(module.getDataSegmentByIndex(i));
    return { name, offset: offset ?? 0, data: new Uint8Array(data) };
  });
}
