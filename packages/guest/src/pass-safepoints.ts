// Safepoints: places where a running guest looks at the VMM's stop word and unwinds when asked to. Every loop has one
// but such as end soon by themselves, and every function that may call itself again. Kept out of hot innermost loops,
// which pay for a check once in a strip of iterations only.
import { VMM_STOP } from "@nomad/abi";
import binaryen from "assemblyscript/binaryen";
import { briefFunctions, recursiveFunctions } from "./call-graph.ts";
import {
  addLocal,
  childrenOf,
  definedFunctions,
  type Expression,
  type Module,
  rewriteLoop,
  setBody,
  walk,
} from "./ir.ts";

export const SAFEPOINT_MODULE = "nomad";
export const SAFEPOINT_NAME = "safepoint";

const safepoint = "nomad.safepoint";
/** Iterations of a hot loop between two looks at the stop word: microseconds, and a fraction of a percent. */
const stripIterations = 4096;

export interface SafepointCounts {
  readonly checked: number;
  readonly stripMined: number;
  readonly unchecked: number;
  readonly recursive: number;
}

type LoopTreatment = "check" | "strip-mine" | "leave";

interface LoopFacts {
  readonly loop: Expression;
  readonly nested: boolean;
  readonly innermost: boolean;
}

/** Adds safepoints to every function; returns how many of each kind. */
export function addSafepoints(module: Module): SafepointCounts {
  if (module.getFunction(safepoint) === 0) {
    module.addFunctionImport(safepoint, SAFEPOINT_MODULE, SAFEPOINT_NAME, binaryen.none, binaryen.none);
  }
  const counts = { checked: 0, stripMined: 0, unchecked: 0, recursive: 0 };
  const recursive = recursiveFunctions(module);
  const brief = briefFunctions(module);
  for (const { ref, info } of definedFunctions(module)) {
    const loops = loopsOf(info.body).map((facts) => ({ ...facts, treatment: treatmentOf(facts, brief) }));
    for (const [index, { loop, treatment }] of loops.entries()) {
      if (treatment === "check") checkAtHeader(module, loop);
      if (treatment === "strip-mine") stripMine(module, ref, loop, index);
    }
    counts.checked += loops.filter((l) => l.treatment === "check").length;
    counts.stripMined += loops.filter((l) => l.treatment === "strip-mine").length;
    counts.unchecked += loops.filter((l) => l.treatment === "leave").length;
    if (recursive.has(info.name)) {
      counts.recursive++;
      setBody(ref, module.block(null, [check(module), info.body], info.results));
    }
  }
  return counts;
}

/** Loops of a function body, with where they stand among each other. */
function loopsOf(body: Expression): LoopFacts[] {
  const loops: LoopFacts[] = [];
  const visit = (expression: Expression, nested: boolean): boolean => {
    const isLoop = binaryen.getExpressionId(expression) === binaryen.LoopId;
    let holdsLoop = false;
    for (const child of childrenOf(expression)) holdsLoop = visit(child, nested || isLoop) || holdsLoop;
    if (isLoop) loops.push({ loop: expression, nested, innermost: !holdsLoop });
    return isLoop || holdsLoop;
  };
  visit(body, false);
  return loops;
}

const callIds: readonly number[] = [binaryen.CallId, binaryen.CallIndirectId];
const atomicIds: readonly number[] = [binaryen.AtomicRMWId, binaryen.AtomicCmpxchgId, binaryen.AtomicWaitId];
const progressIds: readonly number[] = [binaryen.LocalSetId, binaryen.StoreId];

/**
 * A loop around others, and one with calls that may take long, checks at its header: the check is lost in the work. A hot
 * loop that stands alone is strip-mined. One inside a checked loop is left alone, unless it calls, or may be waiting for
 * somebody else: it reads atomically, or changes nothing itself.
 */
function treatmentOf({ loop, nested, innermost }: LoopFacts, brief: ReadonlySet<string>): LoopTreatment {
  let calls = false;
  let callsLong = false;
  let atomic = false;
  let progress = false;
  walk(loop, (expression, id) => {
    calls ||= callIds.includes(id);
    callsLong ||= id === binaryen.CallIndirectId || (id === binaryen.CallId && !brief.has(targetOf(expression)));
    atomic ||= atomicIds.includes(id) || isAtomicLoad(expression, id);
    progress ||= progressIds.includes(id);
  });
  if (!innermost || callsLong) return "check";
  return nested && !calls && !atomic && progress ? "leave" : "strip-mine";
}

function targetOf(call: Expression): string {
  return (binaryen.getExpressionInfo(call) as binaryen.CallInfo).target;
}

function isAtomicLoad(expression: Expression, id: number): boolean {
  return id === binaryen.LoadId && (binaryen.getExpressionInfo(expression) as binaryen.LoadInfo).isAtomic;
}

/** if (stop word) safepoint(). The load is atomic so that no optimiser takes it out of the loop. */
function check(module: Module): Expression {
  return module.if(module.i32.atomic.load(0, module.i32.const(VMM_STOP)), module.call(safepoint, [], binaryen.none));
}

function checkAtHeader(module: Module, loop: Expression): void {
  const { name, body, type } = binaryen.getExpressionInfo(loop) as binaryen.LoopInfo;
  rewriteLoop(loop, name, module.block(null, [check(module), body], type));
}

/**
 * loop $L { B }  becomes  loop $L.strip { check; budget = N; block $L.done { loop $L.hot { block $L { br $L.done (B) };
 * br_if $L.hot (--budget) } ; br $L.strip } }: what continued $L now leaves the block $L, and goes round.
 */
function stripMine(module: Module, func: number, loop: Expression, index: number): void {
  const { name, body, type } = binaryen.getExpressionInfo(loop) as binaryen.LoopInfo;
  const label = name ?? `nomad.${index}`;
  const hasValue = type !== binaryen.none && type !== binaryen.unreachable;
  const budget = addLocal(func, binaryen.i32);
  const spend = module.i32.sub(module.local.get(budget, binaryen.i32), module.i32.const(1));
  const once = hasValue
    ? [module.br(`${label}.done`, undefined, body)]
    : [body, ...(type === binaryen.unreachable ? [] : [module.br(`${label}.done`)])];
  const hot = module.loop(
    `${label}.hot`,
    module.block(null, [
      module.block(label, once, binaryen.none),
      module.br(`${label}.hot`, module.local.tee(budget, spend, binaryen.i32)),
    ]),
  );
  const strip = module.block(
    `${label}.done`,
    [hot, module.br(`${label}.strip`)],
    hasValue ? type : type === binaryen.unreachable ? binaryen.auto : binaryen.none,
  );
  rewriteLoop(
    loop,
    `${label}.strip`,
    module.block(null, [check(module), module.local.set(budget, module.i32.const(stripIterations)), strip], type),
  );
}
