import type { Hello } from "../hello.ts";

export const testSecret = new TextEncoder().encode("a secret that both sides know");

/** A valid hello, but for what is given. */
export function testHello(fields: Partial<Hello> = {}): Hello {
  return {
    kind: "control",
    role: "host",
    name: "host-a",
    bootId: "boot-1",
    protocol: 2,
    protocolMin: 1,
    abi: 1,
    parameters: {},
    ...fields,
  };
}

/** The hello of a wire. */
export function testWireHello(name: string, icrc = true): Hello {
  return testHello({ kind: "wire", name, parameters: { lid: 1, icrc } });
}
