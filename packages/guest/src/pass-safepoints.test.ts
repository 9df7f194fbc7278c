import binaryen from "assemblyscript/binaryen";
import { describe, expect, test } from "vitest";
import { briefFunctions, recursiveFunctions } from "./call-graph.ts";
import { guestFeatures, type Module } from "./ir.ts";
import { addSafepoints, type SafepointCounts } from "./pass-safepoints.ts";

function parse(functions: string): Module {
  const module = binaryen.parseText(`(module (import "env" "memory" (memory 1 1 shared))
    (import "env" "host" (func $host)) (table 1 1 funcref)
    (type $thunk (func)) ${functions})`);
  module.setFeatures(guestFeatures | binaryen.Features.ReferenceTypes);
  return module;
}

/** Loops by treatment, after the result was found to be valid. */
function counts(functions: string): SafepointCounts {
  const module = parse(functions);
  const result = addSafepoints(module);
  expect(module.validate()).toBe(1);
  module.dispose();
  return result;
}

const none = { checked: 0, stripMined: 0, unchecked: 0, recursive: 0 };
const countDown = "(br_if $in (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))";

const callees = `(func $other) (func $long (memory.fill (i32.const 64) (i32.const 0) (i32.const 64)))`;

describe("a loop", () => {
  test.for([
    ["that stands alone is strip-mined", `(loop $in ${countDown})`, { stripMined: 1 }],
    ["with a call that may take long is checked", `(loop $in (call $long) ${countDown})`, { checked: 1 }],
    ["with a call that ends soon is strip-mined", `(loop $in (call $other) ${countDown})`, { stripMined: 1 }],
    [
      "with a call that ends soon is strip-mined inside another, too",
      `(loop $out (loop $in (call $other) ${countDown}) (br $out))`,
      { checked: 1, stripMined: 1 },
    ],
    [
      "around a hot one is checked, and the hot one left alone",
      `(loop $out (loop $in ${countDown}) (br $out))`,
      {
        checked: 1,
        unchecked: 1,
      },
    ],
    [
      "inside another that only reads is strip-mined: it waits for somebody",
      "(loop $out (loop $in (br_if $in (i32.load (i32.const 4)))) (br $out))",
      { checked: 1, stripMined: 1 },
    ],
    [
      "inside another that reads atomically is strip-mined: it waits for somebody",
      "(loop $out (loop $in (local.set 0 (i32.atomic.load (i32.const 4))) (br_if $in (local.get 0))) (br $out))",
      { checked: 1, stripMined: 1 },
    ],
  ] as const)("%s", ([, body, expected]) => {
    expect(counts(`${callees} (func (param i32) ${body})`)).toEqual({ ...none, ...expected });
  });

  test.for([
    ["with a value", "(func (param i32) (result i32) (loop $in (result i32) (br_if $in (local.get 0)) (i32.const 7)))"],
    ["that never ends", "(func (param i32) (loop $in (local.set 0 (i32.const 1)) (br $in)))"],
    ["that a switch continues", "(func (param i32) (loop $in (block $b (br_table $in $b (local.get 0)))))"],
    ["without a label", "(func (param i32) (loop (local.set 0 (i32.const 1))))"],
  ] as const)("%s stays valid when it is strip-mined", ([, source]) => {
    expect(counts(source).stripMined).toBe(1);
  });
});

test("a strip-mined loop computes what it did, and looks at the stop word on the way", () => {
  const module = parse(`(func (export "sum") (param i32) (result i32) (local i32)
    (loop $in (local.set 1 (i32.add (local.get 1) (local.get 0))) ${countDown}) (local.get 1))`);
  addSafepoints(module);
  module.optimize();
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  new Int32Array(memory.buffer)[0] = 1;
  let safepoints = 0;
  const imports = { env: { memory, host: () => {} }, nomad: { safepoint: () => safepoints++ } };
  const instance = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module.emitBinary())), imports);
  const sum = instance.exports.sum as (n: number) => number;
  expect(sum(10_000)).toBe((10_000 * 10_001) / 2);
  expect(safepoints).toBe(3);
  module.dispose();
});

test("functions end soon that have no loop, fill no memory, and call none that may take long", () => {
  const module = parse(`(func $leaf) (func $caller (call $leaf))
    (func $loops (loop $in (br_if $in (i32.const 0)))) (func $indirect (call_indirect (type $thunk) (i32.const 0)))
    (func $fills (memory.fill (i32.const 64) (i32.const 0) (i32.const 64))) (func $asks (call $host))
    (func $again (call $again)) (func $far (call $caller) (call $loops))`);
  expect([...briefFunctions(module)].sort()).toEqual(["caller", "leaf"]);
  module.dispose();
});

describe("functions that may call themselves", () => {
  test.for([
    ["directly", "(func $a (call $a))", ["a"]],
    ["through another", "(func $a (call $b)) (func $b (call $a)) (func $c (call $a))", ["a", "b"]],
    [
      "through a table",
      "(elem (i32.const 0) $a) (func $a (call_indirect (type $thunk) (i32.const 0))) (func $b (call $a))",
      ["a"],
    ],
    ["not at all", "(func $a (call $b)) (func $b)", []],
  ] as const)("%s", ([, functions, expected]) => {
    const module = parse(functions);
    expect([...recursiveFunctions(module)].sort()).toEqual(expected);
    module.dispose();
  });

  test("look at the stop word when they are entered", () => {
    expect(counts("(func $a (call $a))")).toEqual({ ...none, recursive: 1 });
  });
});
