import { randomUUID } from "node:crypto";
import type { Lid } from "@nomad/base";
import { gidOf, PKEY_DEFAULT } from "@nomad/iba";
import { type Answer, decodeMessage, encodeMessage, type Unnumbered } from "@nomad/protocol";
import { listen } from "@nomad/wire";
import { pino } from "pino";
import { expect, test } from "vitest";
import { introduce } from "../../shell/hello.ts";
import { startHost } from "./start-host.ts";

const secret = new TextEncoder().encode("a secret of the tests, long enough");
const port = { gids: [gidOf(1 as Lid)], pkeys: [PKEY_DEFAULT] };
const welcome: Unnumbered<Answer> = { kind: "WELCOME", lid: 1 as Lid, port, generation: 1, hosts: [] };
const lost: Unnumbered<Answer> = { kind: "FAILED", code: "E_HOST_LOST", message: "host host-a has been declared lost" };

/** A central that answers each HELLO with the next of these, and then parts with the host. */
function centralThatSays(...answers: readonly Unnumbered<Answer>[]) {
  let calls = 0;
  return listen({
    host: "127.0.0.1",
    port: 0,
    secret,
    hello: introduce("central", "central", randomUUID()),
    kinds: ["control"],
    onRefused: () => {},
    onSocket: (socket) => {
      socket.onMessage = (bytes) => {
        const message = decodeMessage(bytes);
        if (message.kind !== "HELLO") return;
        socket.send(encodeMessage({ ...answers[calls++], re: message.id } as Answer));
        socket.close();
      };
    },
  });
}

const start = (port: number) =>
  startHost({
    name: "host-a",
    central: `http://127.0.0.1:${port}`,
    host: "127.0.0.1",
    port: 0,
    secret,
    images: "none",
    icrc: true,
    log: pino({ level: "silent" }),
  });

test("a host that hears that it was declared lost says that it cannot go on", async () => {
  const central = await centralThatSays(welcome, lost);
  const host = await start(central.port);
  expect(await host.failed).toMatchObject({ code: "E_HOST_LOST" });
  await host.close();
  await central.close();
});

test("a host is healthy once central has taken it in", async () => {
  const central = await centralThatSays(welcome);
  const host = await start(central.port);
  expect((await fetch(`${host.url.replace("ws:", "http:")}/health`)).status).toBe(200);
  await host.close();
  await central.close();
});
