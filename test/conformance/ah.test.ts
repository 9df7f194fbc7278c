import { expect } from "vitest";
import { test } from "./kit/test.ts";
import { refusal } from "./kit/work.ts";

test("AhTest.CreateAndDestroy: an address handle says where it leads until it is destroyed", ({ lab }) => {
  const context = lab.context(0);
  const pd = context.allocPd();
  const ah = pd.createAh({ dlid: context.lid, sl: 3 });
  expect(ah.pd === pd).toBe(true);
  expect(context.hca.queryAh(ah.handle)).toMatchObject({ pd: pd.handle, dlid: context.lid, sl: 3, isGlobal: false });
  ah.destroy();
  expect(() => context.hca.queryAh(ah.handle)).toThrowError(refusal("E_VERB"));
  pd.dealloc();
});

test("AhTest.DestroyWithInvalidHandle: a number that is no handle's destroys nothing", ({ lab }) => {
  const context = lab.context(0);
  const ah = context.allocPd().createAh({ dlid: context.lid });
  for (const handle of [0, ah.handle + 1, 0xdeadbeef]) {
    expect(() => context.hca.destroyAh(handle)).toThrowError(refusal("E_VERB"));
  }
  expect(context.hca.queryAh(ah.handle)).toMatchObject({ dlid: context.lid });
});
