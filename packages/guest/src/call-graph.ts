// What calls say of functions: which may call themselves again, directly or through others, where a guest can run for long
// without passing a loop; and which end soon.
import binaryen from "assemblyscript/binaryen";
import { definedFunctions, type Module, walk } from "./ir.ts";

/** Names of the functions on a cycle of the call graph. An indirect call may reach whatever a table holds. */
export function recursiveFunctions(module: Module): Set<string> {
  const callees = callGraph(module);
  const recursive = new Set<string>();
  for (const component of stronglyConnected(callees)) {
    const [first] = component;
    const loops = component.length > 1 || (first !== undefined && callees.get(first)?.has(first));
    if (loops) for (const name of component) recursive.add(name);
  }
  recursive.delete(indirect);
  return recursive;
}

/** What may take long by itself. */
const longIds: readonly number[] = [
  binaryen.LoopId,
  binaryen.CallIndirectId,
  binaryen.MemoryCopyId,
  binaryen.MemoryFillId,
  binaryen.AtomicWaitId,
];

/** Names of the functions that end soon: no loop, nothing that may take long, and calls of their like only. */
export function briefFunctions(module: Module): Set<string> {
  const callees = callGraph(module);
  const brief = new Set<string>();
  for (const { info } of definedFunctions(module)) {
    let isLong = false;
    walk(info.body, (_, id) => {
      isLong ||= longIds.includes(id);
    });
    if (!isLong) brief.add(info.name);
  }
  for (const name of recursiveFunctions(module)) brief.delete(name);
  for (let before = -1; before !== brief.size; ) {
    before = brief.size;
    for (const name of brief)
      if ([...(callees.get(name) ?? [])].some((callee) => !brief.has(callee))) brief.delete(name);
  }
  return brief;
}

/** The node that stands for every function a table holds. */
const indirect = "(indirect)";

function callGraph(module: Module): Map<string, Set<string>> {
  const callees = new Map<string, Set<string>>([[indirect, new Set(tableFunctions(module))]]);
  for (const { info } of definedFunctions(module)) {
    const called = new Set<string>();
    walk(info.body, (expression, id) => {
      if (id === binaryen.CallId) called.add((binaryen.getExpressionInfo(expression) as binaryen.CallInfo).target);
      if (id === binaryen.CallIndirectId) called.add(indirect);
    });
    callees.set(info.name, called);
  }
  return callees;
}

function tableFunctions(module: Module): string[] {
  const names: string[] = [];
  for (let i = 0; i < module.getNumElementSegments(); i++) {
    names.push(...binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(i)).data);
  }
  return names;
}

/** Tarjan's algorithm. Call graphs of guests are shallow enough for recursion. */
function stronglyConnected(graph: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const components: string[][] = [];
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const lowOf = (node: string) => low.get(node) ?? 0;

  const visit = (node: string): void => {
    order.set(node, order.size);
    low.set(node, order.size - 1);
    stack.push(node);
    onStack.add(node);
    for (const next of graph.get(node) ?? []) {
      if (!order.has(next)) {
        visit(next);
        low.set(node, Math.min(lowOf(node), lowOf(next)));
      } else if (onStack.has(next)) low.set(node, Math.min(lowOf(node), order.get(next) ?? 0));
    }
    if (lowOf(node) === order.get(node)) components.push(popComponent(node));
  };
  const popComponent = (root: string): string[] => {
    const component = stack.splice(stack.indexOf(root));
    for (const node of component) onStack.delete(node);
    return component;
  };

  for (const node of graph.keys()) if (!order.has(node)) visit(node);
  return components;
}
