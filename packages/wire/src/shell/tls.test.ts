import { afterEach, expect, test } from "vitest";
import { ofLab, ofStranger } from "../testing/certificates.ts";
import { testSecret as secret, testHello } from "../testing/hello.ts";
import type { TlsIdentity } from "../tls.ts";
import { connect } from "./connect.ts";
import { listen, type SocketServer } from "./socket-server.ts";

let server: SocketServer;
const refused: string[] = [];
afterEach(async () => {
  await server.close();
  refused.length = 0;
});

async function listening(tls: TlsIdentity | undefined): Promise<void> {
  server = await listen({
    ...{ host: "127.0.0.1", port: 0, secret, tls, hello: testHello({ name: "host-b" }) },
    onSocket: (socket) => {
      socket.onMessage = (bytes) => socket.send(bytes);
    },
    onRefused: ({ code }) => refused.push(code),
  });
}

const call = (scheme: string, tls?: TlsIdentity) =>
  connect(`${scheme}://127.0.0.1:${server.port}`, { secret, hello: testHello(), timeoutMs: 5000, tls });

test("two processes of a lab talk over TLS", async () => {
  await listening(ofLab);
  const socket = await call("wss", ofLab);
  const heard = new Promise<Uint8Array>((resolve) => {
    socket.onMessage = resolve;
  });
  socket.send(new TextEncoder().encode("ping"));
  expect(new TextDecoder().decode(await heard)).toBe("ping");
});

test("whose certificate another authority has signed is refused, though it knows the secret", async () => {
  await listening(ofLab);
  await expect(call("wss", { ...ofStranger, ca: ofLab.ca })).rejects.toMatchObject({ code: "E_AUTH" });
  expect(refused).toEqual(["E_AUTH"]);
});

test("a server whose certificate another authority has signed is not talked to", async () => {
  await listening(ofStranger);
  await expect(call("wss", ofLab)).rejects.toMatchObject({ code: "E_AUTH" });
});

test("a side with TLS and one without do not talk: each says which it is", async () => {
  await listening(ofLab);
  await expect(call("ws")).rejects.toMatchObject({ code: "E_UNREACHABLE" });
  await expect(call("ws", ofLab)).rejects.toMatchObject({ code: "E_CONFIG" });
  await expect(call("wss")).rejects.toMatchObject({ code: "E_CONFIG" });
});

test("a key that does not fit its certificate is told when it is to be used", async () => {
  await listening(undefined);
  await expect(listening({ ...ofLab, key: ofStranger.key })).rejects.toMatchObject({ code: "E_CONFIG" });
});
